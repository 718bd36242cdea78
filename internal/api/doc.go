// Package api serves what reviewers do as JSON under /api/v1, for a unit's own
// tools and for the command line while a server has the case open. It is the twin
// of the pages: every act goes through a [desk.Desk] of the request's person, so
// that rules, rights and the log are the same.
//
// API.md says how to use it; openapi.json, which is served too, what each address
// takes and gives.
package api
