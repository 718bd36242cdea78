package postgres

// feedPiece is how many rows a feed reads at once.
const feedPiece = 1000

// A feed reads the rows of a query in pieces within one transaction, beside others.
type feed[T any] struct {
	r    read
	name string
	into func(*T) []any
	rows []T
	end  bool
}

// openFeed begins a feed. Its name is its own in the transaction, and the same for the
// same query.
func openFeed[T any](r read, name, sql string, into func(*T) []any) *feed[T] {
	r.do(`DECLARE ` + name + ` NO SCROLL CURSOR FOR ` + sql)
	return &feed[T]{r: r, name: name, into: into}
}

// next returns the next row without taking it; nil if there is none.
func (f *feed[T]) next() (*T, error) {
	if len(f.rows) == 0 && !f.end {
		var one T
		f.rows = nil
		err := f.r.each(`FETCH FORWARD 1000 FROM `+f.name, nil, f.into(&one), func() error {
			f.rows = append(f.rows, one)
			return nil
		})
		if err != nil {
			return nil, err
		}
		f.end = len(f.rows) < feedPiece
	}
	if len(f.rows) == 0 {
		return nil, nil
	}
	return &f.rows[0], nil
}

// while takes the next rows as long as they are such.
func (f *feed[T]) while(such func(T) bool) (ts []T, err error) {
	for {
		t, err := f.next()
		if err != nil || t == nil || !such(*t) {
			return ts, err
		}
		ts = append(ts, *t)
		f.rows = f.rows[1:]
	}
}

// each takes all rows.
func (f *feed[T]) each(fn func(T) error) error {
	for {
		t, err := f.next()
		if err != nil || t == nil {
			return err
		}
		if err := fn(*t); err != nil {
			return err
		}
		f.rows = f.rows[1:]
	}
}
