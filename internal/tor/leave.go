package tor

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	"vigil"
)

// ErrClosed says that the [Network] was closed.
var ErrClosed = errors.New("the way to the network was closed")

// A leave is what one request was allowed: one address, for as long as its
// caller wants it, its order is in force and the network is open. The dial
// function wants to see it, so that nothing can dial without a checked request.
type leave struct {
	ctx     context.Context // ends with the leave; its cause says why
	cancel  context.CancelCauseFunc
	parent  context.Context // the request's
	life    context.Context // the network's
	src     vigil.Source
	now     func() time.Time
	address string // host:port that the proxy may be asked for

	once  sync.Once
	atEnd []func() // run by end, in turn
}

// leaveKey finds the leave in a request's context, and in the one that
// http.Transport derives from it for a dial.
type leaveKey struct{}

// grant returns the leave of a request for u, which was checked. The caller
// must call end.
func grant(t *Transport, parent context.Context, u *url.URL) *leave {
	l := &leave{parent: parent, life: t.net.life, src: t.src, now: t.net.cfg.Now, address: hostPort(u)}
	ctx, cancel := context.WithCancelCause(parent)
	l.ctx, l.cancel = context.WithValue(ctx, leaveKey{}, l), cancel
	timer := time.AfterFunc(l.src.NotAfter.Sub(l.now()), func() { cancel(l.src.InForce(l.src.NotAfter)) })
	l.onEnd(func() { timer.Stop() })
	unhook := context.AfterFunc(t.net.life, func() { cancel(ErrClosed) })
	l.onEnd(func() { unhook() })
	return l
}

// onEnd has f called by end. It is for the goroutine that was granted l, before
// anybody else has it.
func (l *leave) onEnd(f func()) { l.atEnd = append(l.atEnd, f) }

// end gives the leave back.
func (l *leave) end() {
	l.once.Do(func() {
		for _, f := range l.atEnd {
			f()
		}
		l.cancel(nil)
	})
}

// inForce reports why the order has ended, by its own clock: after a sleep of
// the machine timers are late.
func (l *leave) inForce() error {
	err := l.src.InForce(l.now())
	if err != nil {
		l.cancel(err)
	}
	return err
}

// because returns why l ended, if it has; else err. What ended with the request's
// context while it waited for our caps stays [ErrCrowded].
func (l *leave) because(err error) error {
	cause := context.Cause(l.ctx)
	switch {
	case cause == nil && l.life.Err() != nil: // a closed connection may be seen before l hears of it
		return ErrClosed
	case cause == nil:
		return err
	case errors.Is(err, ErrCrowded) && errors.Is(cause, context.Cause(l.parent)):
		return err
	}
	return cause
}

// leaveFor returns the leave under which ctx may dial address.
func leaveFor(ctx context.Context, address string) (*leave, error) {
	l, ok := ctx.Value(leaveKey{}).(*leave)
	if !ok {
		return nil, fmt.Errorf("%w: %s is dialled for no request", vigil.ErrOutOfScope, address)
	}
	if address != l.address {
		return nil, fmt.Errorf("%w: %s is dialled for a request to %s", vigil.ErrOutOfScope, address, l.address)
	}
	if err := l.inForce(); err != nil {
		return nil, err
	}
	return l, nil
}
