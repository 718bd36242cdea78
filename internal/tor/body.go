package tor

import (
	"fmt"
	"io"
	"time"
)

// A timeout says that something stayed silent for too long.
type timeout struct {
	what  string
	limit time.Duration
}

func (e timeout) Error() string { return fmt.Sprintf("no %s for %v", e.what, e.limit) }

// Timeout marks e as a matter of time, as net.Error does.
func (timeout) Timeout() bool { return true }

// A body is a response body that ends with its leave, and when a Read waits too
// long for a byte: a service that was killed holds its connection open for
// minutes.
type body struct {
	io.ReadCloser
	leave *leave
	limit time.Duration
	timer *time.Timer
	err   error // that ended it
}

func newBody(b io.ReadCloser, l *leave, limit time.Duration) *body {
	timer := time.AfterFunc(limit, func() { l.cancel(timeout{"byte", limit}) })
	timer.Stop()
	return &body{ReadCloser: b, leave: l, limit: limit, timer: timer}
}

func (b *body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	if b.err = b.leave.inForce(); b.err != nil {
		return 0, b.err
	}
	b.timer.Reset(b.limit)
	n, err := b.ReadCloser.Read(p)
	b.timer.Stop()
	if err == nil {
		return n, nil
	}
	if b.err = err; err != io.EOF {
		b.err = b.leave.because(err)
	}
	b.leave.end()
	return n, b.err
}

func (b *body) Close() error {
	b.timer.Stop()
	err := b.ReadCloser.Close()
	b.leave.end()
	return err
}
