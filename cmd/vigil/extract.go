package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/internal/extract"
)

// maxPage bounds a page given to vigil extract, in bytes.
const maxPage = 64 << 20

func (a *app) extractCommand() *cobra.Command {
	var url, profile string
	c := &cobra.Command{
		Use:   "extract FILE.html",
		Short: "Read the facts off one page, without a case",
		Long: `extract reads the facts off one saved page and writes them as a line of JSON.
FILE may be - for standard input. Nothing is stored and no address is visited.`,
		Args: args(cobra.MaximumNArgs(1)),
		RunE: func(_ *cobra.Command, operands []string) error { return a.extractPage(operands, url, profile) },
	}
	c.Flags().StringVar(&url, "url", "", "address of the page, against which links are resolved")
	c.Flags().StringVar(&profile, "profile", "auto", "market profile, generic, or auto")
	return c
}

func (a *app) extractPage(operands []string, url, profile string) error {
	in, name, err := a.input(operands)
	if err != nil {
		return err
	}
	defer in.Close()
	body, err := io.ReadAll(io.LimitReader(in, maxPage+1))
	switch {
	case err != nil:
		return fmt.Errorf("read %s: %w", name, err)
	case len(body) > maxPage:
		return usagef("%s is larger than %d bytes", name, maxPage)
	}
	if url != "" {
		u, err := vigil.ParseURL(url)
		if err != nil {
			return usage(fmt.Errorf("--url: %w", err))
		}
		url = u.String()
	}
	reader, err := extract.New()
	if err != nil {
		return err
	}
	l, err := reader.Read(vigil.Page{URL: url, FinalURL: url, Body: body}, profile)
	if err != nil {
		return usage(fmt.Errorf("%s: %w", name, err))
	}
	if url == "" {
		l.ID = "" // it would name an address that nobody gave
	}
	return writeJSON(a.stdout, l)
}
