package postgres

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"vigil"
	"vigil/internal/custody"
	"vigil/store/rule"
)

// recordPlace is what a record is bound to where it is sealed.
func recordPlace(typ, id, order string, seq int64) []byte {
	return place(typ, id, order, strconv.FormatInt(seq, 10))
}

// A version is a version of a record as it is stored.
type version struct {
	order string
	seq   int64
	data  []byte // opened
	line  []byte // of the log entry that brought it; nil if that is gone
}

// versionsOf reads versions of a record, oldest first, up to a limit from the newest
// on; 0 for all.
func (r read) versionsOf(typ, id string, limit int) (vs []version, err error) {
	r.askVersions(typ, id, limit, &vs)
	err = r.send()
	return vs, err
}

// askVersions is versionsOf with the next send.
func (r read) askVersions(typ, id string, limit int, vs *[]version) {
	*vs = nil
	if rule.Name("ID", id) != nil {
		return
	}
	sql := `SELECT r.ord, r.seq, r.data, l.line FROM records r LEFT JOIN lines l ON l.ord = r.ord AND l.seq = r.seq
		WHERE r.typ = $1 AND r.id = $2 ORDER BY r.ord, r.seq`
	if limit > 0 {
		sql += ` DESC LIMIT ` + strconv.Itoa(limit) // all are of one order
	}
	r.collect(typ, id, vs, sql, typ, id)
}

// collect asks for versions of a record: their columns are those of a version.
func (r read) collect(typ, id string, vs *[]version, sql string, args ...any) {
	var v version
	r.ask(sql, args, []any{&v.order, &v.seq, &v.data, &v.line}, func() error {
		data, err := r.box.Open("records", recordPlace(typ, id, v.order, v.seq), v.data)
		if err != nil {
			return fmt.Errorf("%s %s: %w", typ, id, err)
		}
		*vs = append(*vs, version{v.order, v.seq, append([]byte{}, data...), append([]byte(nil), v.line...)})
		return nil
	})
}

// decode reads a record's bytes, if they are those that its log entry names.
func (v version) decode(typ, id string, into any) error {
	if v.line == nil {
		return fmt.Errorf("%s %s: %w: entry %d of log %q is gone", typ, id, vigil.ErrTampered, v.seq, v.order)
	}
	e, err := custody.ParseLine(v.line)
	if err != nil {
		return fmt.Errorf("%s %s: entry %d of log %q: %w", typ, id, v.seq, v.order, err)
	}
	if want := (vigil.Object{Type: typ, ID: id, SHA256: vigil.SumHex(v.data)}); e.Object != want {
		return fmt.Errorf("%s %s: %w: entry %d of log %q names other bytes", typ, id, vigil.ErrTampered, v.seq, v.order)
	}
	if err := json.Unmarshal(v.data, into); err != nil {
		return fmt.Errorf("%s %s: %w", typ, id, err)
	}
	return nil
}

// newestVersion returns the newest version of a record, and whether there is one.
func (r read) newestVersion(typ, id string) (v version, ok bool, err error) {
	vs, err := r.versionsOf(typ, id, 1)
	if err != nil || len(vs) == 0 {
		return v, false, err
	}
	return vs[0], true, nil
}

// has reports whether there is a record.
func (r read) has(typ, id string) (there bool, err error) {
	if id == "" || rule.Name("ID", id) != nil {
		return false, nil
	}
	err = r.row(`SELECT EXISTS (SELECT FROM records WHERE typ = $1 AND id = $2)`, []any{typ, id}, &there)
	return there, err
}

// newest returns the newest version of a record.
func newest[R any](r read, typ, id string) (out R, err error) {
	v, ok, err := r.newestVersion(typ, id)
	if err != nil {
		return out, err
	}
	if !ok {
		return out, fmt.Errorf("%s %q: %w", typ, id, vigil.ErrNotFound)
	}
	return out, v.decode(typ, id, &out)
}

// versions returns all versions of a record, oldest first.
func versions[R any](r read, typ, id string) (rs []R, err error) {
	vs, err := r.versionsOf(typ, id, 0)
	if err != nil {
		return nil, err
	}
	return decodeAll[R](vs, typ, id)
}

func decodeAll[R any](vs []version, typ, id string) (rs []R, err error) {
	for _, v := range vs {
		var one R
		if err := v.decode(typ, id, &one); err != nil {
			return nil, err
		}
		rs = append(rs, one)
	}
	return rs, nil
}

// recordAt returns the bytes of the record that an entry brought; the error wraps
// [pgx.ErrNoRows] if it brought none.
func (r read) recordAt(typ, id, order string, seq int64) (b []byte, err error) {
	err = r.row(`SELECT data FROM records WHERE typ = $1 AND id = $2 AND ord = $3 AND seq = $4`, []any{typ, id, order, seq}, &b)
	if err != nil {
		return nil, err
	}
	return r.box.Open("records", recordPlace(typ, id, order, seq), b)
}

// recordWithHash returns the version of a record that has o's hash.
func (r read) recordWithHash(o vigil.Object) ([]byte, error) {
	vs, err := r.versionsOf(o.Type, o.ID, 0)
	if err != nil {
		return nil, err
	}
	for _, v := range vs {
		if vigil.SumHex(v.data) == o.SHA256 {
			return v.data, nil
		}
	}
	return nil, fmt.Errorf("%s %s with SHA-256 %s: %w", o.Type, o.ID, o.SHA256, vigil.ErrNotFound)
}

// newestOfEach returns the newest version of each record of a type, by ID.
func newestOfEach[R any](r read, typ string) (rs []R, err error) {
	type found struct {
		id string
		version
	}
	var (
		all []found
		f   found
	)
	err = r.each(`SELECT DISTINCT ON (r.id) r.id, r.ord, r.seq, r.data, l.line FROM records r LEFT JOIN lines l ON l.ord = r.ord AND l.seq = r.seq
		WHERE r.typ = $1 ORDER BY r.id, r.ord DESC, r.seq DESC`, []any{typ}, []any{&f.id, &f.order, &f.seq, &f.data, &f.line}, func() error {
		data, err := r.box.Open("records", recordPlace(typ, f.id, f.order, f.seq), f.data)
		all = append(all, found{f.id, version{f.order, f.seq, append([]byte{}, data...), append([]byte(nil), f.line...)}})
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, f := range all {
		var one R
		if err := f.decode(typ, f.id, &one); err != nil {
			return nil, err
		}
		rs = append(rs, one)
	}
	return rs, nil
}

// none reports whether an error says that there is no row.
func none(err error) bool { return errors.Is(err, pgx.ErrNoRows) }
