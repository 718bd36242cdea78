package tor

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"time"
)

// checkTime bounds [Network.Check] and [Network.Health]: what is asked is on
// this machine.
const checkTime = 10 * time.Second

// Check asks the proxy whether it is Tor, without touching the network: to an
// HTTP request Tor's SOCKS port answers "501 Tor is not an HTTP Proxy". Another
// SOCKS5 proxy, or silence, is no Tor and no error. Where nothing listens the
// error wraps [ErrNoProxy].
func (n *Network) Check(ctx context.Context) (isTor bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	c, err := n.dialProxy(ctx)
	if err != nil {
		return false, fmt.Errorf("check the proxy: %w", err)
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	if _, err := io.WriteString(c, "GET / HTTP/1.0\r\n\r\n"); err != nil {
		return false, ctx.Err()
	}
	// What a proxy says before it hangs up counts, however it hangs up.
	answer, _ := io.ReadAll(io.LimitReader(c, 4096))
	line, _, _ := bytes.Cut(answer, []byte("\n"))
	return strings.HasPrefix(string(line), "HTTP/1.0 501") && bytes.Contains(line, []byte("Tor")), nil
}
