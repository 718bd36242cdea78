package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"vigil/classify/identifier"
)

func (a *app) identifiersCommand() *cobra.Command {
	var jsonl bool
	c := &cobra.Command{
		Use:   "identifiers [FILE|-]",
		Short: "Find payment and contact identifiers in text, without a case",
		Long: `identifiers reads lines of text from FILE or standard input and writes each
identifier that passes its own standard's check as a line of JSON. With --jsonl the
input is JSON lines with the fields id and text.`,
		Args: args(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, operands []string) error {
			find := inText
			if jsonl {
				find = inRow
			}
			return a.filter(c.Context(), operands, find)
		},
	}
	c.Flags().BoolVar(&jsonl, "jsonl", false, "the input is JSON lines: {\"id\":…,\"text\":…}")
	return c
}

// inText finds the identifiers of a line of text.
func inText(rw row) ([]any, error) {
	var found []any
	for _, id := range identifier.Scan(string(rw.text)) {
		id.Line = rw.n
		found = append(found, id)
	}
	return found, nil
}

// inRow finds the identifiers of a row's text.
func inRow(rw row) ([]any, error) {
	var r struct {
		ID   string  `json:"id"`
		Text *string `json:"text"`
	}
	if err := json.Unmarshal(rw.text, &r); err != nil {
		return nil, fmt.Errorf("not a row in JSON: %w", err)
	}
	if r.Text == nil {
		return nil, errors.New(`no "text"`)
	}
	var found []any
	for _, id := range identifier.Scan(*r.Text) {
		id.ID = r.ID
		found = append(found, id)
	}
	return found, nil
}
