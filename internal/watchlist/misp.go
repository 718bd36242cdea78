package watchlist

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"vigil"
)

// A mispEvent is an event as MISP exports it (core format, RFC draft
// "MISP core format"). What is not listed here is not read.
type mispEvent struct {
	Info      flexible        `json:"info"`
	Date      flexible        `json:"date"`
	UUID      flexible        `json:"uuid"`
	Changed   flexible        `json:"timestamp"`
	Published flexible        `json:"publish_timestamp"`
	Attribute []mispAttribute `json:"Attribute"`
	Object    []mispObject    `json:"Object"`
}

type mispObject struct {
	Name      flexible        `json:"name"`
	Comment   flexible        `json:"comment"`
	Deleted   flexible        `json:"deleted"`
	Changed   flexible        `json:"timestamp"`
	Attribute []mispAttribute `json:"Attribute"`
}

type mispAttribute struct {
	Type     flexible `json:"type"`
	Relation flexible `json:"object_relation"`
	Category flexible `json:"category"`
	Value    flexible `json:"value"`
	Comment  flexible `json:"comment"`
	Deleted  flexible `json:"deleted"`
	Changed  flexible `json:"timestamp"`
}

// flexible is a value that some servers write as text, others as number or
// truth value.
type flexible string

// UnmarshalJSON implements [json.Unmarshaler]. What is no plain value is empty.
func (f *flexible) UnmarshalJSON(b []byte) error {
	switch {
	case len(b) > 0 && b[0] == '"':
		var s string
		err := json.Unmarshal(b, &s)
		*f = flexible(s)
		return err
	case len(b) > 0 && b[0] != '{' && b[0] != '[' && !bytes.Equal(b, []byte("null")):
		*f = flexible(b)
	}
	return nil
}

func (f flexible) yes() bool { return f == "1" || strings.EqualFold(string(f), "true") }

// day returns the day of a Unix time.
func (f flexible) day() string {
	n, err := strconv.ParseInt(string(f), 10, 64)
	if err != nil || n <= 0 || n > 1<<40 {
		return ""
	}
	return time.Unix(n, 0).UTC().Format(time.DateOnly)
}

// misp reads events, alone or several in one file, and the files of a feed. Its
// manifest.json holds no identifier, but says which events there should be.
func (b *builder) misp(srcs []*source) error {
	var listed, given []string
	for _, s := range srcs {
		err := b.one(s, func(s *source) error {
			text, err := s.whole(maxWhole)
			if err != nil {
				return err
			}
			if uuids := manifest(text); uuids != nil {
				listed = append(listed, uuids...)
				return nil
			}
			events, err := mispEvents(text)
			if err != nil {
				return err
			}
			for _, e := range events {
				given = append(given, string(e.UUID))
				if err := b.mispEvent(e); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	missing := slices.DeleteFunc(listed, func(u string) bool { return slices.Contains(given, u) })
	if len(missing) > 0 {
		b.note("the feed's manifest names %d events that are not given, first %s.json", len(missing), clean(missing[0]))
	}
	return nil
}

// manifest returns the UUIDs of the events that a feed's manifest names, and nil
// if text is none.
func manifest(text []byte) []string {
	var m map[string]struct {
		Info *json.RawMessage `json:"info"`
		Orgc *json.RawMessage `json:"Orgc"`
	}
	if json.Unmarshal(text, &m) != nil {
		return nil
	}
	var out []string
	for uuid, e := range m {
		if len(uuid) != 36 || e.Info == nil {
			return nil
		}
		out = append(out, uuid)
	}
	slices.Sort(out)
	return out
}

// mispEvents returns the events in text: one, an array, or a server's response.
func mispEvents(text []byte) ([]mispEvent, error) {
	type wrapped struct {
		Event    *mispEvent      `json:"Event"`
		Response json.RawMessage `json:"response"`
	}
	var many []wrapped
	var one wrapped
	if text = bytes.TrimSpace(text); len(text) > 0 && text[0] == '[' {
		if err := json.Unmarshal(text, &many); err != nil {
			return nil, fmt.Errorf("the JSON is malformed, or no array of events: %w", err)
		}
	} else {
		if err := json.Unmarshal(text, &one); err != nil {
			return nil, fmt.Errorf("the JSON is malformed, or no event: %w", err)
		}
		many = []wrapped{one}
		if one.Event == nil && len(one.Response) > 0 {
			if err := json.Unmarshal(one.Response, &many); err != nil {
				return nil, fmt.Errorf("the response is no array of events: %w", err)
			}
		}
	}
	var out []mispEvent
	for _, w := range many {
		if w.Event != nil {
			out = append(out, *w.Event)
		}
	}
	if len(out) == 0 {
		return nil, errors.New("the JSON holds no event of MISP")
	}
	return out, nil
}

func (b *builder) mispEvent(e mispEvent) error {
	if b.title == "" {
		b.title = clean(string(e.Info))
	}
	if day := or(or(e.Published.day(), e.Changed.day()), e.day()); day > b.fileDate {
		b.fileDate, b.fileDateFrom = day, "the newest event's publish_timestamp, timestamp or date"
	}
	for _, a := range e.Attribute {
		if err := b.mispRow(e, mispObject{}, a); err != nil {
			return err
		}
	}
	for _, o := range e.Object {
		for _, a := range o.Attribute {
			if err := b.mispRow(e, o, a); err != nil {
				return err
			}
		}
	}
	return nil
}

// mispRow keeps an attribute if it is of a kind that holds identifiers.
func (b *builder) mispRow(e mispEvent, o mispObject, a mispAttribute) error {
	c, ok := mispColumn(o, a)
	if !ok {
		return nil
	}
	row := vigil.ListRow{
		Raw: string(a.Value), Party: or(o.holder(), string(e.Info)), PartyID: string(e.UUID),
		Category: or(string(a.Category), string(o.Name)), Listed: e.day(),
	}
	if a.Deleted.yes() || o.Deleted.yes() { // kept by the server, for those who have it
		row.Delisted = or(or(a.Changed.day(), o.Changed.day()), e.day())
	}
	return b.row(row, c)
}

// day returns the day that the event is dated, if it is.
func (e mispEvent) day() string {
	d, _ := readDate(string(e.Date), false)
	return d
}

// holder returns the name of whom an object's account belongs to, if it says so.
func (o mispObject) holder() string {
	for _, a := range o.Attribute {
		switch a.Relation {
		case "account-name", "beneficiary", "account-owner", "display-name":
			return string(a.Value)
		}
	}
	return ""
}

// mispColumn says how an attribute is read: by its type, or by its place in one
// of MISP's objects (misp-objects: coin-address, bank-account, pgp-meta,
// telegram-account, phone).
func mispColumn(o mispObject, a mispAttribute) (column, bool) {
	switch a.Type {
	case "btc", "xmr", "dash":
		return column{symbol: or(o.symbol(), string(a.Type))}, true
	case "iban":
		return column{heading: "iban"}, true
	case "phone-number":
		return column{heading: "phone"}, true
	case "email", "email-src", "email-dst":
		return column{heading: "email"}, true
	case "jabber-id":
		return column{heading: "jabber"}, true
	case "cc-number":
		return column{heading: "card"}, true
	case "pgp-public-key", "pgp-private-key":
		return column{heading: "pgp"}, true
	}
	switch string(o.Name) + "/" + string(a.Relation) {
	case "coin-address/address", "coin-address/address-crypto", "coin-address/address-xmr":
		return column{symbol: o.symbol()}, true
	case "bank-account/iban":
		return column{heading: "iban"}, true
	case "pgp-meta/key-id", "pgp-meta/fingerprint":
		return column{heading: "pgp fingerprint"}, true
	case "pgp-meta/user-id-email":
		return column{heading: "email"}, true
	case "telegram-account/username", "telegram-account/phone", "telegram-account/link":
		return column{heading: "telegram"}, true
	}
	return column{}, false
}

// symbol returns the coin that a coin-address object names.
func (o mispObject) symbol() string {
	for _, a := range o.Attribute {
		if a.Relation == "symbol" {
			return string(a.Value)
		}
	}
	return ""
}
