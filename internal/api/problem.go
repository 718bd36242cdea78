package api

import (
	"encoding/json"
	"errors"
	"net/http"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/desk"
	"vigil/internal/display"
)

// A Problem says why something was not done (RFC 9457). Code is for programs and
// never changes its meaning; Detail is for people.
type Problem struct {
	Type   string `json:"type"` // about:blank: the status and the code say it
	Title  string `json:"title"`
	Status int    `json:"status"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
	Field  string `json:"field,omitempty"` // which part of the request is wrong
}

// Codes of problems.
const (
	CodeBad        = "bad-request"    // 400: it cannot be read; Field says where
	CodeNobody     = "not-signed-in"  // 401
	CodeForbidden  = "forbidden"      // 403: the roles do not allow it
	CodeStepUp     = "step-up"        // 403: sign in anew for this
	CodeForeign    = "foreign-page"   // 403: a page of elsewhere asked
	CodeNotFound   = "not-found"      // 404
	CodeNothing    = "nothing-waits"  // 404: of next
	CodeMethod     = "method"         // 405
	CodeHeld       = "held"           // 409: somebody else has it
	CodeChanged    = "changed"        // 409: it is not any more what was shown
	CodeExists     = "exists"         // 409: somebody has decided meanwhile
	CodeLeaseLost  = "claim-lost"     // 409: the claim has run out
	CodeTooLarge   = "too-large"      // 413
	CodeMedia      = "media-type"     // 415: want application/json
	CodeHost       = "wrong-host"     // 421
	CodeUnfit      = "unprocessable"  // 422: it can be read, and makes no sense; Field says where
	CodeTampered   = "does-not-match" // 500: a record does not match its hash
	CodeFailed     = "failed"         // 500
	CodeNotOffered = "not-offered"    // 501: this server does not have it
)

// Error implements error; it is what the person would have been told without a server.
func (p *Problem) Error() string { return p.Detail }

// Is lets callers branch on a problem as on the error that it stands for.
func (p *Problem) Is(target error) bool {
	switch p.Code {
	case CodeForbidden, CodeNobody, CodeForeign:
		return target == vigil.ErrRefused
	case CodeStepUp:
		return target == vigil.ErrRefused || target == access.ErrStepUp
	case CodeNotFound, CodeNothing:
		return target == vigil.ErrNotFound
	case CodeHeld:
		return target == vigil.ErrHeld
	case CodeChanged:
		return target == desk.ErrChanged
	case CodeExists:
		return target == vigil.ErrExists
	case CodeLeaseLost:
		return target == vigil.ErrLeaseLost
	case CodeTampered:
		return target == vigil.ErrTampered
	case CodeBad, CodeUnfit:
		return target == ErrInput
	}
	return false
}

// ErrInput is matched by problems with what was asked for.
var ErrInput = errors.New("bad input")

// problem makes one of a code.
func problem(status int, code, detail string) *Problem {
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: code, Detail: detail}
}

// badField says that a part of the request cannot be read.
func badField(field, detail string) *Problem {
	p := problem(http.StatusBadRequest, CodeBad, detail)
	p.Field = field
	return p
}

// unfit says that a part of the request makes no sense.
func unfit(field string, err error) *Problem {
	p := problem(http.StatusUnprocessableEntity, CodeUnfit, display.Clean(err.Error()))
	p.Field = field
	return p
}

// problemOf returns the problem that an error is.
func problemOf(err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	detail := display.Clean(err.Error())
	switch {
	case errors.Is(err, access.ErrStepUp):
		return problem(http.StatusForbidden, CodeStepUp, detail)
	case errors.Is(err, vigil.ErrRefused):
		return problem(http.StatusForbidden, CodeForbidden, detail)
	case errors.Is(err, desk.ErrChanged):
		return problem(http.StatusConflict, CodeChanged, detail)
	case errors.Is(err, vigil.ErrHeld):
		return problem(http.StatusConflict, CodeHeld, detail)
	case errors.Is(err, vigil.ErrExists):
		return problem(http.StatusConflict, CodeExists, detail)
	case errors.Is(err, vigil.ErrLeaseLost):
		return problem(http.StatusConflict, CodeLeaseLost, detail)
	case errors.Is(err, vigil.ErrNotFound):
		return problem(http.StatusNotFound, CodeNotFound, detail)
	case errors.Is(err, vigil.ErrTampered):
		return problem(http.StatusInternalServerError, CodeTampered, detail)
	}
	return problem(http.StatusInternalServerError, CodeFailed, detail)
}

// write sends it.
func (p *Problem) write(w http.ResponseWriter) {
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="vigil"`)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	json.NewEncoder(w).Encode(p)
}
