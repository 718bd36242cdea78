package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"vigil/internal/encoding"
	"vigil/internal/seal"
	"vigil/store"
)

// Options say how a store works. The zero Options are usable.
type Options struct {
	// Tool names the program and its version in every log entry; if empty,
	// the entries say that it is not known.
	Tool string
	// Now is the clock of leases and log entries; nil for that of the database, so
	// that machines whose clocks differ agree.
	Now func() time.Time
	// Command is told to whoever asks the database who is connected.
	Command string
	// MaxAttempts is how often a task is leased without a result before it is
	// dead; 0 for 5. Tasks of people are exempt.
	MaxAttempts int
	// Keys are the data keys at hand. A new case is sealed with the first of them,
	// and not encrypted if there is none; one that exists is opened with the key
	// that it names.
	Keys []seal.Key
	// Sealed opens an encrypted case without its key as well: its logs can be read
	// and proved, and its tasks counted, and all else ends in [vigil.ErrSealed].
	Sealed bool
	// Patience is how long a call goes on trying while the database cannot be
	// reached, or waits in silence before it asks whether the database is still
	// there; 0 for 30 seconds.
	Patience time.Duration

	steps []string // of the layout, for tests; nil for those that this program knows
}

const (
	defaultMaxAttempts = 5
	defaultPatience    = 30 * time.Second
	unknownTool        = "vigil (version not known)"
)

func (o Options) withDefaults() Options {
	if o.Tool == "" {
		o.Tool = unknownTool
	}
	if o.MaxAttempts <= 0 {
		o.MaxAttempts = defaultMaxAttempts
	}
	if o.Patience <= 0 {
		o.Patience = defaultPatience
	}
	return o
}

// A Store is a case in a database. Any number of processes may have it open.
//
// Its sequences are read in pieces, each in a short transaction, so that a slow
// reader holds up nobody and may change the store in the loop.
type Store struct {
	name  string // of the case and of its schema
	o     Options
	steps []string // SQL of each version of the layout, the first first
	pool  *pgxpool.Pool
	box   *seal.Box
	zstd  *encoding.Zstd
	gate  int64 // key of the advisory lock; see write
	index string
	close sync.Once
	done  chan struct{} // closed with the store
	bell  bell

	maintaining sync.Mutex
}

var _ store.Store = (*Store)(nil)

// DefaultCase is the case of an address that names none.
const DefaultCase = "vigil"

// caseName is what a case may be called: it is the name of a schema.
var caseName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,47}$`)

func isCaseName(name string) bool {
	return caseName.MatchString(name) && !strings.HasPrefix(name, "pg_") && name != "public" && name != "information_schema"
}

// ParseAddress returns the way to the database of an address, and the case in it:
// postgres://…?case=NAME, [DefaultCase] if it names none. One database may hold
// several cases. A way on which others could read along is refused.
func ParseAddress(address string) (c *pgxpool.Config, name string, err error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return nil, "", errors.New("want an address as in postgres://USER@HOST/DATABASE?case=NAME") // err would show a password
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, "", errors.New("the part of the address behind the question mark makes no sense")
	}
	if name = q.Get("case"); name == "" {
		name = DefaultCase
	}
	if !isCaseName(name) {
		return nil, "", fmt.Errorf("case %q: want a name of at most 48 small letters, digits and _, a letter first, other than public and pg_…", name)
	}
	q.Del("case")
	u.RawQuery = q.Encode()
	if c, err = pgxpool.ParseConfig(u.String()); err != nil {
		return nil, "", err // pgx leaves out the password
	}
	if err := checkTransport(&c.ConnConfig.Config); err != nil {
		return nil, "", err
	}
	c.ConnConfig.RuntimeParams["search_path"] = name
	return c, name, nil
}

// Create makes a new case. If the database has one of this name, it is left alone
// and the error wraps [fs.ErrExist].
func Create(ctx context.Context, address string, o Options) (*Store, error) {
	s, err := connect(ctx, address, o.withDefaults())
	if err != nil {
		return nil, fmt.Errorf("create case: %w", err)
	}
	if s.box, err = firstBox(s.o.Keys); err == nil {
		err = s.tryWhile(ctx, hasNoRoom, func() error { return s.makeSchema(ctx) })
	}
	if err != nil {
		s.pool.Close()
		return nil, fmt.Errorf("create case %s: %w", s.name, denied(s.login(), err))
	}
	return s, nil
}

// Open opens a case. If there is none, the error wraps [fs.ErrNotExist]. A case
// that a newer program wrote in another layout is refused; one in an older layout
// is brought to the present one.
//
// If the case is encrypted and none of the keys is the one that it names, the
// error wraps [vigil.ErrSealed], unless o.Sealed allows that.
func Open(ctx context.Context, address string, o Options) (*Store, error) {
	s, err := connect(ctx, address, o.withDefaults())
	if err != nil {
		return nil, fmt.Errorf("open case: %w", err)
	}
	err = s.tryWhile(ctx, hasNoRoom, func() error {
		for _, step := range []func(context.Context) error{s.migrate, s.unseal, s.forget, s.adopt} {
			if err := step(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		err = s.unopened(ctx, err)
		s.pool.Close()
		return nil, fmt.Errorf("open case %s: %w", s.name, err)
	}
	return s, nil
}

// connect opens a pool of connections to the database of a case.
func connect(ctx context.Context, address string, o Options) (*Store, error) {
	c, name, err := ParseAddress(address)
	if err != nil {
		return nil, err
	}
	z, err := encoding.NewZstd()
	if err != nil {
		return nil, err
	}
	layout := o.steps
	if layout == nil {
		if layout, err = steps(); err != nil {
			return nil, err
		}
	}
	c.ConnConfig.RuntimeParams["application_name"] = strings.TrimSpace("vigil " + o.Command)
	letGo(c.ConnConfig, o.Patience)
	c.PingTimeout = o.Patience
	c.AfterConnect = introduce
	pool, err := pgxpool.NewWithConfig(ctx, c)
	if err != nil {
		return nil, err
	}
	return &Store{name: name, o: o, steps: layout, pool: pool, zstd: z, gate: lockKey("case", name), done: make(chan struct{})}, nil
}

// lockKey returns the number of an advisory lock.
func lockKey(names ...string) int64 {
	h := fnv.New64a()
	h.Write(place(append([]string{"vigil"}, names...)...))
	return int64(h.Sum64())
}

// A client is what a connection is known by: in the table handed, and to the server,
// which a pooler in between would tell otherwise.
type client struct {
	id    []byte
	n     int64 // transactions that it has begun
	pid   int
	since time.Time
}

const clientKey = "vigil client"

// introduce gives a connection its name, which costs the database nothing before it
// writes, and asks for the one that it has there.
func introduce(ctx context.Context, c *pgx.Conn) error {
	me := &client{id: make([]byte, 16)}
	rand.Read(me.id) // never fails
	c.PgConn().CustomData()[clientKey] = me
	ctx, cancel := context.WithTimeout(ctx, c.Config().ConnectTimeout)
	defer cancel()
	err := c.QueryRow(ctx, `SELECT pid, backend_start FROM pg_stat_get_activity(pg_backend_pid())`, pgx.QueryExecModeExec).Scan(&me.pid, &me.since)
	var e *pgconn.PgError
	if err != nil && !errors.As(err, &e) {
		return &lostError{err} // nothing else was asked of it yet
	}
	return err
}

// Close waits for running calls and releases the case. Only the first call does
// anything.
func (s *Store) Close() error {
	s.close.Do(func() {
		close(s.done)
		s.bell.silence()
		s.pool.Close()
	})
	return nil
}

// KeyID returns the ID of the data key that seals the case, and whether it is
// encrypted. It needs no key, but for the case to be open.
func (s *Store) KeyID() (id [4]byte, encrypted bool) { return s.box.KeyID() }

// notThere says that there is no case of a name.
func (s *Store) notThere() error {
	return fmt.Errorf("%w: the database has no case %q: make one with vigil init", fs.ErrNotExist, s.name)
}

// firstBox returns the box of the first key; nil if there is none.
func firstBox(keys []seal.Key) (*seal.Box, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	return seal.New(keys[0])
}
