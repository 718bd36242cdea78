package link

import (
	_ "embed"
	"fmt"
	"strings"
)

// examplesFile lists identifiers that are published for everybody; its head
// says how.
//
//go:embed examples.txt
var examplesFile string

// readExamples returns what each key of the file is published as.
func readExamples(file string) (map[string]string, error) {
	out := map[string]string{}
	source := ""
	for i, line := range strings.Split(file, "\n") {
		line = strings.TrimSpace(line)
		if heading, ok := strings.CutPrefix(line, "## "); ok {
			source = heading
			continue
		}
		if line == "" || line[0] == '#' {
			continue
		}
		fields := strings.Fields(line)
		if len(fields) != 3 || source == "" {
			return nil, fmt.Errorf("published identifiers, line %d: %q, expected kind, key and value below a heading that says the source", i+1, line)
		}
		if old, ok := out[fields[1]]; ok && old != source {
			continue // the first source is enough
		}
		out[fields[1]] = source
	}
	return out, nil
}
