package rule

import (
	"bytes"
	"encoding/json"
	"fmt"

	"vigil"
)

// ParseRecord reads the stored bytes of a record of a type.
func ParseRecord(typ string, b []byte) (vigil.Record, error) {
	switch typ {
	case vigil.TypeOrder:
		return parseAs[vigil.Order](b)
	case vigil.TypePage:
		return parseAs[vigil.Page](b)
	case vigil.TypeListing:
		return parseAs[vigil.Listing](b)
	case vigil.TypeAssessment:
		return parseAs[vigil.Assessment](b)
	case vigil.TypeDecision:
		return parseAs[vigil.Decision](b)
	case vigil.TypeWatchlist:
		return parseAs[vigil.Watchlist](b)
	case vigil.TypeTie:
		return parseAs[vigil.Tie](b)
	case vigil.TypeHold:
		return parseAs[vigil.Hold](b)
	case vigil.TypeRemark:
		return parseAs[vigil.Remark](b)
	case vigil.TypeAccount:
		return parseAs[vigil.Account](b)
	case vigil.TypeFilter:
		return parseAs[vigil.SavedFilter](b)
	}
	return nil, fmt.Errorf("no record has type %q", typ)
}

func parseAs[R vigil.Record](b []byte) (vigil.Record, error) {
	var r R
	err := json.Unmarshal(b, &r)
	return r, err
}

// Peek decodes one field of a JSON object, and reads no further: a page's time
// stands before its links. A field that is not there leaves into as it is.
func Peek(object []byte, field string, into any) error {
	d := json.NewDecoder(bytes.NewReader(object))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return fmt.Errorf("case file is damaged: want an object: %v", err)
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		if name == field {
			return d.Decode(into)
		}
		var skipped json.RawMessage
		if err := d.Decode(&skipped); err != nil {
			return err
		}
	}
	return nil
}
