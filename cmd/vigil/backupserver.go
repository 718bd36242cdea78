package main

import (
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"vigil"
)

// refuseBackup says how a case on a server is backed up.
func refuseBackup(cs *openCase) error {
	err := fmt.Errorf("%w: %s is backed up by the server's means", vigil.ErrRefused, cs.at)
	s, ok := cs.at.(onServer)
	if !ok {
		return err
	}
	err = hint(err, "or vigil copy into a file, which is verified, and may be backed up")
	err = hint(err, "and without it, this folder: %s", s.saveFolder(cs.dir))
	return hint(err, "%s", s.dump())
}

// dump is the command that writes the case, as of one moment, to a file from which
// pg_restore makes it anew.
func (s onServer) dump() string {
	return fmt.Sprintf("pg_dump --format=custom --schema=%s --file=%s.dump --dbname=%s", s.name, s.name, shellQuoted(s.forOthers()))
}

// saveFolder is the command that writes what lies beside the case to a file. Keys are to
// be kept apart; how people sign in is not among them.
func (s onServer) saveFolder(dir string) string {
	return fmt.Sprintf("tar --create --file=%s.tar --exclude=*.agekey --exclude=keys/log.key --exclude=keys/case_ed25519 --directory=%s .", s.name, shellQuoted(filepath.Clean(dir)))
}

// forOthers is the address for PostgreSQL's own programs, which refuse what they do not
// know (PostgreSQL, section 34.1.2).
func (s onServer) forOthers() string {
	u := s.url()
	known := []string{"host", "hostaddr", "port", "user", "dbname", "service", "passfile", "connect_timeout", "options", "target_session_attrs",
		"sslmode", "sslcert", "sslkey", "sslrootcert", "sslcrl", "sslsni", "ssl_min_protocol_version", "channel_binding", "krbsrvname", "gssencmode"}
	q := url.Values{}
	for name, values := range u.Query() {
		if slices.Contains(known, name) {
			q[name] = values
		}
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// shellQuoted is one word for a shell.
func shellQuoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
