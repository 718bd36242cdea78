// Package postgres keeps cases on a PostgreSQL server, for many machines at once.
package postgres

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"vigil"
)

// checkTransport refuses a way to the database on which somebody could read along or
// pose as the server: each host that c may try must be a unix socket, loopback, or one
// that proves its name by a certificate. What the environment (PGSSLMODE, PGHOST, …)
// adds to an address is part of c, and so are the ways that sslmode=prefer falls back to.
func checkTransport(c *pgconn.Config) error {
	if err := checkHost(c.Host, c.Port, c.TLSConfig); err != nil {
		return err
	}
	for _, f := range c.Fallbacks {
		if err := checkHost(f.Host, f.Port, f.TLSConfig); err != nil {
			return err
		}
	}
	return nil
}

// gone is how long a machine may be silent in the middle of a transaction before that
// is ended.
const gone = time.Minute

// silentAtMost is gone for transactions that hold an order's log, for which all who write
// to the order wait. If a machine falls silent, it may be one connection's turn after the
// other's: each that waited for the log gets it once, and does not say what it wants with it.
const silentAtMost = `SET LOCAL idle_in_transaction_session_timeout = '10s'`

// letGo has the server end the transactions of a machine that lost its power or its
// network, and this machine the connections to a server that did.
func letGo(c *pgx.ConnConfig, patience time.Duration) {
	ms := strconv.FormatInt(gone.Milliseconds(), 10)
	for name, value := range map[string]string{
		"idle_in_transaction_session_timeout": ms, "tcp_user_timeout": ms,
		"tcp_keepalives_idle": "30", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "3", // seconds; of no meaning to unix sockets
	} {
		c.RuntimeParams[name] = value
	}
	if c.ConnectTimeout == 0 || c.ConnectTimeout > patience {
		c.ConnectTimeout = patience
	}
	d := net.Dialer{
		Timeout: c.ConnectTimeout, KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: gone / 2, Interval: 10 * time.Second, Count: 3},
		Control: func(network, _ string, raw syscall.RawConn) error { return endSilence(network, raw, gone) },
	}
	c.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := d.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &wire{Conn: conn}, nil
	}
}

func checkHost(host string, port uint16, t *tls.Config) error {
	network, _ := pgconn.NetworkAddress(host, port)
	if network == "unix" || isLoopback(host) || provesName(host, t) {
		return nil
	}
	return fmt.Errorf("%w: the way to the database on %s is not encrypted, or the server does not prove who it is: "+
		"add sslmode=verify-full to its address, and sslrootcert=FILE if its certificate is by an authority of your own", vigil.ErrRefused, host)
}

// isLoopback takes localhost at its word (RFC 6761, section 6.3).
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return ip.IsLoopback() || strings.EqualFold(host, "localhost")
}

// provesName says whether t has the certificate checked against host itself: with
// sslmode=verify-ca, any server of the same authority could stand in.
func provesName(host string, t *tls.Config) bool {
	return t != nil && !t.InsecureSkipVerify && t.ServerName == host && host != ""
}
