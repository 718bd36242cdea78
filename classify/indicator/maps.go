package indicator

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// dimensions are those of the ILO/EC Delphi survey of 2009.
var dimensions = []string{
	"deceptive recruitment", "coercive recruitment", "recruitment by abuse of vulnerability",
	"exploitation", "coercion at destination", "abuse of vulnerability at destination",
}

var (
	htcdsForm = regexp.MustCompile(`^[A-Z][A-Za-z]+$`)
	mispForm  = regexp.MustCompile(`^dark-web:(topic|motivation|structure)="[a-z-]+"$`)
	dwvaForm  = regexp.MustCompile(`^(abuses|entities)#[a-z_]+$`)
)

// check refuses names that have not the form of their vocabulary.
func (m Maps) check() error {
	for _, d := range m.ILO {
		if !slices.Contains(dimensions, d) {
			return fmt.Errorf("ILO dimension %q, expected one of %s", d, strings.Join(dimensions, ", "))
		}
	}
	for _, v := range []struct {
		name, want string
		form       *regexp.Regexp
		entries    []string
	}{
		{"HTCDS field", "a name such as MethodsOfControlDebtBondage", htcdsForm, m.HTCDS},
		{"MISP tag", `one such as dark-web:topic="finance"`, mispForm, m.MISP},
		{"DW-VA concept", "one such as abuses#scam", dwvaForm, m.DWVA},
	} {
		for _, e := range v.entries {
			if !v.form.MatchString(e) {
				return fmt.Errorf("%s %q, expected %s", v.name, e, v.want)
			}
		}
	}
	return nil
}

// List returns all entries, each with the name of its vocabulary before it.
func (m Maps) List() []string {
	var out []string
	for _, v := range []struct {
		name    string
		entries []string
	}{{"ILO", m.ILO}, {"HTCDS", m.HTCDS}, {"MISP", m.MISP}, {"DW-VA", m.DWVA}} {
		for _, e := range v.entries {
			out = append(out, v.name+": "+e)
		}
	}
	return out
}
