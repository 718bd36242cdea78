package main

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"vigil"
	"vigil/internal/display"
	"vigil/store"
)

// A proposal is a host that pages lead to and no order covers. Nothing of it was
// asked for; whether it is to be, only a new order can say.
type proposal struct {
	Host    string    `json:"host"`
	Onion   bool      `json:"onion"`              // an onion name with a right checksum; no other host can stand in an order
	Pages   int       `json:"pages"`              // on which it was seen
	First   time.Time `json:"first_seen"`         // capture of the first of them
	Source  string    `json:"source"`             // of that page
	On      string    `json:"seen_on"`            // its address
	Page    string    `json:"page"`               // its ID
	Covered string    `json:"covered,omitempty"`  // source that covers the host meanwhile
	Link    string    `json:"link,omitempty"`     // as it stood there, if it was a link
	Mirror  bool      `json:"announced,omitzero"` // the service itself announced it, by Onion-Location
}

// maxProposals bounds how many hosts are kept in memory: a page may name any
// number of invented ones.
const maxProposals = 100_000

// proposals collects the hosts that the case's pages lead to beyond their
// orders, the most often seen first. over says how many were left out.
func proposals(ctx context.Context, cs store.Reader, sources map[string]vigil.Source, only string) (list []proposal, over int, err error) {
	found := map[string]*proposal{}
	for p, err := range cs.Pages(ctx, only) {
		if err != nil {
			return nil, 0, err
		}
		for host, link := range leadsTo(p, sources[p.Source]) {
			if found[host] == nil {
				if len(found) == maxProposals {
					over++
					continue
				}
				_, bad := vigil.OnionKey(host)
				found[host] = &proposal{Host: host, Onion: bad == nil, First: p.CapturedAt, Source: p.Source, On: p.URL, Page: p.ID, Link: link, Covered: coveredBy(sources, host)}
			}
			f := found[host]
			f.Pages++
			f.Mirror = f.Mirror || announces(p, host)
		}
	}
	for _, f := range found {
		list = append(list, *f)
	}
	slices.SortFunc(list, func(a, b proposal) int {
		if a.Onion != b.Onion {
			if a.Onion {
				return -1
			}
			return 1
		}
		if a.Pages != b.Pages {
			return b.Pages - a.Pages
		}
		return strings.Compare(a.Host, b.Host)
	})
	return list, over, nil
}

// leadsTo returns the hosts, with a link to each where there is one, that a page
// names and its source does not.
func leadsTo(p vigil.Page, src vigil.Source) map[string]string {
	hosts := map[string]string{}
	for _, name := range p.Proposals {
		hosts[name] = ""
	}
	for _, r := range p.Refused {
		u, err := url.Parse(r.URL)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || slices.Contains(src.Hosts, strings.ToLower(u.Host)) {
			continue
		}
		if h := strings.ToLower(u.Hostname()); hosts[h] == "" {
			hosts[h] = r.URL
		}
	}
	return hosts
}

// announces reports whether the service that sent p said that host is another
// address of its own.
func announces(p vigil.Page, host string) bool {
	u, err := url.Parse(p.Response.Get("Onion-Location"))
	return err == nil && strings.ToLower(u.Hostname()) == host
}

// coveredBy returns the source that names a host, if any.
func coveredBy(sources map[string]vigil.Source, host string) string {
	for _, id := range slices.Sorted(maps.Keys(sources)) {
		for _, h := range sources[id].Hosts {
			if name, _, _ := strings.Cut(h, ":"); name == host {
				return id
			}
		}
	}
	return ""
}

// showProposals lists where the crawl could go with another order.
func (a *app) showProposals(ctx context.Context, cs *openCase, source string) error {
	sources, err := cs.sources(ctx)
	if err != nil {
		return err
	}
	st := stages{sources: sources}
	if source, err = st.chosen(source); err != nil {
		return err
	}
	list, over, err := proposals(ctx, cs, sources, source)
	if err != nil {
		return err
	}
	if over > 0 {
		a.info("warning: more than %d hosts were seen; %d mentions of others are left out", maxProposals, over)
	}
	if a.json {
		for _, p := range list {
			if err := writeJSON(a.stdout, p); err != nil {
				return err
			}
		}
		return nil
	}
	if len(list) == 0 {
		a.info("no page leads to a host that its order does not name")
		return nil
	}
	w := tabwriter.NewWriter(a.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "HOST\tPAGES\tFIRST SEEN\tON\tREMARK")
	for _, p := range list {
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\n", display.Visible(p.Host), p.Pages, p.First.UTC().Format(time.DateTime), brief(p.On), p.remark())
	}
	if err := w.Flush(); err != nil {
		return err
	}
	a.info("none of these was asked for; each needs an order of its own")
	return nil
}

func (p proposal) remark() string {
	switch {
	case p.Covered != "":
		return "covered by source " + p.Covered
	case !p.Onion:
		return "no onion service: no order can cover it"
	case p.Mirror:
		return "announced by the service itself"
	}
	return ""
}
