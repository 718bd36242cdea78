package identifier

import (
	"slices"
	"strings"

	"vigil"
)

// maxColumn is how long the name of a column may be, so that all of it stands
// within the window of words.
const maxColumn = window - 4

// evmColumns are the names of columns in which 40 hex digits are an account even
// without their 0x.
var evmColumns = []string{"evm", "eth", "ethereum"}

// Cell is Scan for text that is one cell of a table. The name of its column
// counts as words beside it: "solana", "telegram", "pgp fingerprint" or
// "binance account id" say what may stand there, but what the cell holds must
// still pass its own check. Start and End are offsets into text.
//
// In a column named evm, eth or ethereum an account may lack its 0x.
func (o Options) Cell(column, text string) []vigil.Identifier {
	column = column[:min(len(column), maxColumn)]
	if column == "" {
		return o.Scan(text)
	}
	ids := o.beside(column+": ", text)
	if len(ids) == 0 && slices.Contains(evmColumns, strings.ToLower(column)) {
		return bareEVM(text)
	}
	return ids
}

// beside returns what is found in text where words stand before it.
func (o Options) beside(words, text string) []vigil.Identifier {
	var out []vigil.Identifier
	for _, id := range o.Scan(words + text) {
		if id.Start < len(words) {
			continue
		}
		id.Start, id.End = id.Start-len(words), id.End-len(words)
		out = append(out, id)
	}
	return out
}

// bareEVM reads text as an account without its 0x.
func bareEVM(text string) []vigil.Identifier {
	s := strings.TrimSpace(text)
	id, ok := decodeEVM("0x" + s)
	if !ok {
		return nil
	}
	id.Start = strings.Index(text, s)
	id.End = id.Start + len(s)
	id.Raw, id.Method = s, plain
	return []vigil.Identifier{id}
}
