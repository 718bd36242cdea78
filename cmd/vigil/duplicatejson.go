package main

import (
	"time"

	"vigil/internal/duplicate"
)

// A clusterDetail is the cluster of one listing as JSON: no text, but where in
// the members' texts the parts are.
type clusterDetail struct {
	Listing  string              `json:"listing"`
	Cluster  duplicate.ClusterID `json:"cluster,omitempty"`
	Size     int                 `json:"size"`
	Of       []near              `json:"near_duplicate_of"`
	Template templateLine        `json:"template"`
	Versions []versionLine       `json:"versions"`
}

// A templateLine is a template: for each part, the bytes of each member.
type templateLine struct {
	Listings []string   `json:"listings"`
	Fields   []string   `json:"fields"`
	Parts    []partLine `json:"parts"`
}

type partLine struct {
	Slot bool     `json:"slot"`
	At   [][2]int `json:"at"`
}

type versionLine struct {
	Page    string    `json:"page"`
	Time    time.Time `json:"time"`
	Changed bool      `json:"changed"` // against the one before
}

func (v clusterView) line() clusterDetail {
	d := clusterDetail{Listing: v.shown[0].tie.Listing, Cluster: v.cluster.ID, Size: len(v.cluster.Members), Of: []near{}}
	for _, m := range v.shown[1:] {
		d.Of = append(d.Of, near{m.tie.Listing, rounded(m.similarity), m.tie.OtherVendor, m.tie.OtherSource})
	}
	d.Template = templateLine{Listings: []string{}, Fields: []string{}, Parts: []partLine{}}
	for _, i := range v.aligned {
		d.Template.Listings = append(d.Template.Listings, v.shown[i].tie.Listing)
		d.Template.Fields = append(d.Template.Fields, v.shown[i].field)
	}
	for _, p := range v.pattern.Parts {
		l := partLine{Slot: p.Slot}
		for _, s := range p.At {
			l.At = append(l.At, [2]int{s.Start, s.End})
		}
		d.Template.Parts = append(d.Template.Parts, l)
	}
	for i, h := range v.history {
		d.Versions = append(d.Versions, versionLine{h.Page, h.at, i > 0 && h.changed(v.history[i-1])})
	}
	return d
}
