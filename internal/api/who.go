package api

import (
	"context"
	"net/http"
	"strings"

	"vigil/internal/access"
)

// Tokens says whose a bearer token is (RFC 6750). An unknown or ended one is an
// error; so is that of an account that is disabled.
type Tokens interface {
	Bearer(ctx context.Context, token string) (access.Person, error)
}

// maxToken bounds a token in bytes.
const maxToken = 512

// Bearer returns who sends a request by its token. Nothing else counts: a browser
// sends cookies along with requests that a foreign page makes it send.
func Bearer(ts Tokens) func(*http.Request) (access.Person, error) {
	return func(r *http.Request) (access.Person, error) {
		token, ok := bearerOf(r)
		if !ok {
			return access.Person{}, problem(http.StatusUnauthorized, CodeNobody, "want Authorization: Bearer TOKEN; a session of the pages does not count here")
		}
		p, err := ts.Bearer(r.Context(), token)
		if err != nil || p.Account == "" {
			return access.Person{}, problem(http.StatusUnauthorized, CodeNobody, "this token is unknown, or it has ended")
		}
		return p, nil
	}
}

// bearerOf returns the token of a request.
func bearerOf(r *http.Request) (string, bool) {
	hs := r.Header.Values("Authorization")
	if len(hs) != 1 || len(hs[0]) > maxToken {
		return "", false
	}
	scheme, token, ok := strings.Cut(hs[0], " ")
	return token, ok && strings.EqualFold(scheme, "Bearer") && token != ""
}
