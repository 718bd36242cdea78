package postgres

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"vigil"
	"vigil/internal/seal"
	"vigil/store/rule"
)

// A resealer writes each row with a sealed value anew, once, in one transaction that has
// the case alone: it reads with the transaction's box, and seals with to.
type resealer struct {
	*write
	to       *seal.Box
	progress func(done, of int64)
	done, of int64
	last     struct { // of a watchlist, that was opened last
		list string
		vigil.ListRow
	}
}

// keptTables are those whose rows no statement changes, but here.
func keptTables() []string { return []string{"records", "bodies", "rows"} }

// sealedTables are in the order in which they are written anew: what is read beside
// another comes before that.
func sealedTables() []string {
	return []string{"docs", "listed", "mentions", "rows", "records", "bodies", "sources", "pace", "tasks"}
}

// Rows that are read at once: bodies have some megabytes.
const (
	resealPiece  = 250
	resealBodies = 8
)

// reseal writes anew what is sealed.
func (w *write) reseal(to *seal.Box, progress func(done, of int64)) error {
	m := &resealer{write: w, to: to, progress: progress}
	for _, table := range sealedTables() { // also from those who would move rows in a table's file
		w.do(`LOCK TABLE ` + pgx.Identifier{table}.Sanitize() + ` IN SHARE ROW EXCLUSIVE MODE`)
	}
	for _, table := range keptTables() {
		w.do(`ALTER TABLE ` + table + ` DISABLE TRIGGER kept`)
	}
	if err := m.count(); err != nil {
		return err
	}
	for _, pass := range []func() error{m.docs, m.listed, m.mentions, m.rows, m.records, m.bodies, m.sources, m.paces, m.tasks} {
		if err := pass(); err != nil {
			return err
		}
	}
	for _, table := range keptTables() {
		w.do(`ALTER TABLE ` + table + ` ENABLE TRIGGER kept`)
	}
	return nil
}

// count counts the rows, if somebody wants to know how far it is.
func (m *resealer) count() error {
	if m.progress == nil {
		return m.send()
	}
	for _, table := range sealedTables() {
		var n int64
		if err := m.row(`SELECT count(*) FROM `+table, nil, &n); err != nil {
			return err
		}
		m.of += n
	}
	return nil
}

// pass reads the rows of a query, which are of a table, n at once. fn writes the row
// anew that into holds; what it does is sent with the next read.
func (m *resealer) pass(table, sql string, n int, into []any, fn func() error) error {
	name := "reseal_" + table
	m.do(`DECLARE ` + name + ` NO SCROLL CURSOR FOR ` + sql)
	for more := true; more; {
		found := 0
		err := m.each(fmt.Sprintf(`FETCH FORWARD %d FROM %s`, n, name), nil, into, func() error {
			found++
			return fn()
		})
		if err != nil {
			return fmt.Errorf("table %s: %w", table, err)
		}
		more = found == n
		if m.done += int64(found); m.progress != nil {
			m.progress(min(m.done, m.of), m.of)
		}
	}
	m.do(`CLOSE ` + name)
	return nil
}

// anew opens a value, and seals it as it is to be stored.
func (m *resealer) anew(bucket string, place, v []byte) ([]byte, error) {
	text, err := m.box.Open(bucket, place, v)
	if err != nil {
		return nil, err
	}
	return m.seal(bucket, place, text), nil
}

// seal seals with the new key. An empty value is not NULL.
func (m *resealer) seal(bucket string, place, text []byte) []byte {
	if v := m.to.Seal(bucket, place, text); v != nil {
		return v
	}
	return []byte{}
}

func (m *resealer) records() error {
	var (
		typ, id, order string
		seq            int64
		data           []byte
	)
	return m.pass("records", `SELECT typ, id, ord, seq, data FROM records`, resealPiece, []any{&typ, &id, &order, &seq, &data}, func() error {
		v, err := m.anew("records", recordPlace(typ, id, order, seq), data)
		m.do(`UPDATE records SET data = $5 WHERE typ = $1 AND id = $2 AND ord = $3 AND seq = $4`, typ, id, order, seq, v)
		return err
	})
}

func (m *resealer) bodies() error {
	var (
		sum, form string
		data      []byte
	)
	return m.pass("bodies", `SELECT sha256, form, data FROM bodies`, resealBodies, []any{&sum, &form, &data}, func() error {
		v, err := m.anew("bodies", place(sum, form), data)
		m.do(`UPDATE bodies SET data = $2 WHERE sha256 = $1`, sum, v)
		return err
	})
}

func (m *resealer) rows() error {
	var (
		list string
		n    int
		data []byte
	)
	return m.pass("rows", `SELECT list, n, data FROM rows`, resealPiece, []any{&list, &n, &data}, func() error {
		v, err := m.anew("rows", rowPlace(list, n), data)
		m.do(`UPDATE rows SET data = $3 WHERE list = $1 AND n = $2`, list, n, v)
		return err
	})
}

// listed makes blind anew the keys that lead to rows. What stands behind one is found
// among the keys of the row.
func (m *resealer) listed() error {
	var (
		key, data []byte
		list      string
		n         int
	)
	return m.pass("listed", `SELECT l.key, l.list, l.n, r.data FROM listed l LEFT JOIN rows r USING (list, n) ORDER BY l.list, l.n`, resealPiece, []any{&key, &list, &n, &data}, func() error {
		if data == nil {
			return fmt.Errorf("row %d of watchlist %s: %w: it is gone", n, list, vigil.ErrTampered)
		}
		if m.last.list != list || m.last.N != n {
			r, err := m.parseRow(list, n, data)
			if err != nil {
				return err
			}
			m.last.list, m.last.ListRow = list, r
		}
		for _, of := range keysOf(m.last.ListRow) {
			if name := vigil.KeyName(of); string(m.blind("listed", name)) == string(key) {
				m.do(`UPDATE listed SET key = $4 WHERE key = $1 AND list = $2 AND n = $3`, slices.Clone(key), list, n, blind(m.to, "listed", name))
				return nil
			}
		}
		return fmt.Errorf("row %d of watchlist %s: %w: it has no such key", n, list, vigil.ErrTampered)
	})
}

func (m *resealer) mentions() error {
	var (
		at   mentionAt
		data []byte
	)
	return m.pass("mentions", `SELECT key, listing, at, page, i, data FROM mentions`, resealPiece, []any{&at.key, &at.listing, &at.at, &at.page, &at.i, &data}, func() error {
		mention, err := m.parseMention(at, data)
		if err != nil {
			return err
		}
		to := at
		to.key = blind(m.to, "mentions", vigil.KeyName(mention.Identifier.Key))
		m.do(`UPDATE mentions SET key = $6, data = $7 WHERE key = $1 AND listing = $2 AND at = $3 AND page = $4 AND i = $5`,
			slices.Clone(at.key), at.listing, at.at, at.page, at.i, to.key, m.seal("mentions", to.place(), rule.AppendMention(nil, mention, at.i, true)))
		return nil
	})
}

// docs makes anew what stands for words, which follow from the reading, and for facts.
func (m *resealer) docs() error {
	var (
		n, seq         int64
		listing, order string
		data, record   []byte
	)
	to := read{box: m.to}
	words := rule.Preparer{Zstd: m.s.zstd, Token: func(term string) uint64 { return token(m.to, tokenTerm+term) }}
	return m.pass("docs", `SELECT d.n, d.listing, d.ord, d.seq, d.data, r.data FROM docs d
		LEFT JOIN records r ON r.typ = 'listing' AND r.id = d.listing AND r.ord = d.ord AND r.seq = d.seq`, resealPiece, []any{&n, &listing, &order, &seq, &data, &record}, func() error {
		l, err := m.listingOf(listing, reading{n, seq, order, record})
		if err != nil {
			return err
		}
		var f docFacts
		text, err := m.box.Open("docs", docPlace(n), data)
		if err == nil {
			err = json.Unmarshal(text, &f)
		}
		if err != nil {
			return fmt.Errorf("document %d: %w", n, err)
		}
		m.do(`UPDATE docs SET words = $2, facts = $3, data = $4 WHERE n = $1`, n, wordsAs(words.Tokens(l)), to.factTokens(f.Facts), m.seal("docs", docPlace(n), text))
		return nil
	})
}

func (m *resealer) sources() error {
	var (
		id             string
		data, standing []byte
	)
	return m.pass("sources", `SELECT id, data, standing FROM sources`, resealPiece, []any{&id, &data, &standing}, func() error {
		v, err := m.anew("sources", place(id), data)
		var stands []byte
		if standing != nil {
			var e error
			stands, e = m.anew("standing", place(id), standing)
			err = errors.Join(err, e)
		}
		m.do(`UPDATE sources SET data = $2, standing = $3 WHERE id = $1`, id, v, stands)
		return err
	})
}

func (m *resealer) paces() error {
	var (
		source  string
		because []byte
	)
	return m.pass("pace", `SELECT source, because FROM pace WHERE because IS NOT NULL`, resealPiece, []any{&source, &because}, func() error {
		v, err := m.anew("pace", place(source), because)
		m.do(`UPDATE pace SET because = $2 WHERE source = $1`, source, v)
		return err
	})
}

func (m *resealer) tasks() error {
	var (
		id   string
		data []byte
	)
	return m.pass("tasks", `SELECT id, data FROM tasks`, resealPiece, []any{&id, &data}, func() error {
		v, err := m.anew("tasks", place(id), data)
		m.do(`UPDATE tasks SET data = $2 WHERE id = $1`, id, v)
		return err
	})
}
