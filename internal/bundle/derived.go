package bundle

import "regexp"

// derivedNames are the files that are made from the records of a bundle for
// readers and other systems, and handed in whole.
var derivedNames = map[string]bool{
	"data/report/report.html":       true,
	"data/report/report.pdf":        true,
	"data/certification-draft.txt":  true,
	"data/watchlists/hits.jsonl":    true,
	"data/exchange/misp.json":       true,
	"data/exchange/stix.json":       true,
	"data/exchange/case-uco.jsonld": true,
	"data/exchange/tagpack.yaml":    true,
	"data/exchange/links.graphml":   true,
	"data/exchange/identifiers.csv": true,
	withheldName:                    true, // of a disclosure
}

// linkName is what files about links between listings are called.
var linkName = regexp.MustCompile(`^data/links/[a-z0-9][a-z0-9._-]*$`)

// DerivedName reports whether a bundle may hold a derived file of that name.
func DerivedName(name string) bool {
	return derivedNames[name] || len(name) <= maxPath && linkName.MatchString(name)
}
