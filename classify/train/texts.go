package train

import (
	"bytes"
	"fmt"
	"io/fs"
	"slices"

	"vigil/fixtures"
	"vigil/internal/eval"
)

// A File is a file of labelled texts.
type File struct {
	Name string
	Data []byte
}

// Texts returns the embedded training texts, in the order of their names. Texts that are
// held back for the last judgement are not among them.
func Texts() ([]File, error) {
	names, err := fs.Glob(fixtures.FS, "texts/train-*.jsonl")
	if err != nil || len(names) == 0 {
		return nil, fmt.Errorf("find training texts: none embedded (%w)", err)
	}
	slices.Sort(names)
	var out []File
	for _, name := range names {
		b, err := fixtures.FS.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read training texts: %w", err)
		}
		out = append(out, File{name, b})
	}
	return out, nil
}

// Rows reads files, and returns their bytes one after the other as well. An error names
// file and line. IDs may not stand twice.
func Rows(files []File, known func(id string) bool) (rows []eval.Row, data []byte, err error) {
	seen := make(map[string]string)
	for _, f := range files {
		data = append(data, f.Data...)
		n := 0
		for line := range bytes.Lines(f.Data) {
			n++
			if len(bytes.TrimSpace(line)) == 0 {
				continue
			}
			r, err := eval.ParseRow(line, known)
			if err != nil {
				return nil, nil, fmt.Errorf("%s:%d: %w", f.Name, n, err)
			}
			at := fmt.Sprintf("%s:%d", f.Name, n)
			if before, ok := seen[r.ID]; ok {
				return nil, nil, fmt.Errorf("%s: id %q stands at %s too", at, r.ID, before)
			}
			seen[r.ID] = at
			rows = append(rows, r)
		}
	}
	return rows, data, nil
}
