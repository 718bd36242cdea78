package exchange

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// A template is what MISP holds objects of one name to (MISP/misp-objects).
type template struct {
	Name       string
	UUID       string
	Version    int
	Category   string   `json:"meta-category"`
	Required   []string `json:"required"`
	OneOf      []string `json:"requiredOneOf"`
	Attributes map[string]struct {
		Type     string `json:"misp-attribute"`
		Multiple bool
	}
}

// templates returns those of the folder beside the checkout, and of four others
// what they say of the attributes that are used.
func templates(t *testing.T) map[string]template {
	t.Helper()
	all := map[string]template{}
	for _, text := range []string{
		`{"name":"forensic-case","uuid":"3ea36022-ae93-455e-88b1-d43aca789cac","version":1,"meta-category":"misc","requiredOneOf":["case-number"],
		  "attributes":{"case-number":{"misp-attribute":"text"},"additional-comments":{"misp-attribute":"text"}}}`,
		`{"name":"forensic-evidence","uuid":"fe44c648-63ef-43fc-b3de-af71a2e023e4","version":1,"meta-category":"misc","required":["case-number","evidence-number"],
		  "attributes":{"case-number":{"misp-attribute":"text"},"evidence-number":{"misp-attribute":"text"},"type":{"misp-attribute":"text","multiple":true},
		  "name":{"misp-attribute":"text"},"acquisition-method":{"misp-attribute":"text"},"acquisition-tools":{"misp-attribute":"text","multiple":true},
		  "additional-comments":{"misp-attribute":"text"}}}`,
		`{"name":"annotation","uuid":"5d8dc046-15a1-4ca3-a09f-ed4ede7c4487","version":2,"meta-category":"misc","requiredOneOf":["text"],
		  "attributes":{"text":{"misp-attribute":"text"},"type":{"misp-attribute":"text"},"format":{"misp-attribute":"text"},"creation-date":{"misp-attribute":"datetime"}}}`,
		`{"name":"url","uuid":"60efb77b-40b5-4c46-871b-ed1ed999fce5","version":3,"meta-category":"network","requiredOneOf":["url"],
		  "attributes":{"url":{"misp-attribute":"url"},"host":{"misp-attribute":"hostname"},"first-seen":{"misp-attribute":"datetime"}}}`,
	} {
		addTemplate(t, all, []byte(text))
	}
	files, err := filepath.Glob(filepath.Join(conformance(t, "misp-objects"), "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no templates: %v", err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		addTemplate(t, all, b)
	}
	return all
}

func addTemplate(t *testing.T, all map[string]template, text []byte) {
	t.Helper()
	var one template
	if err := json.Unmarshal(text, &one); err != nil {
		t.Fatal(err)
	}
	all[one.Name] = one
}

// typesIn says in which categories MISP takes attributes of a type, and what
// their values look like (MISP/PyMISP, describeTypes.json; misp-rfc).
func typesIn() map[string]struct{ categories, value string } {
	return map[string]struct{ categories, value string }{
		"text":         {"Other|Financial fraud|Social network|External analysis|Network activity", `^.`},
		"datetime":     {"Other", `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$`},
		"btc":          {"Financial fraud", `^(bc1[ac-hj-np-z02-9]{8,87}|[13][a-km-zA-HJ-NP-Z1-9]{25,34})$`},
		"xmr":          {"Financial fraud", `^4[0-9AB][1-9A-HJ-NP-Za-km-z]{93}$`},
		"iban":         {"Financial fraud", `^[A-Z]{2}\d{2}[A-Z0-9]{8,30}$`},
		"phone-number": {"Financial fraud|Other|Person", `^\+\d{7,15}$`},
		"email-src":    {"Payload delivery|Social network", `^[^@\s]+@[^@\s]+$`},
		"jabber-id":    {"Social network", `^[^@\s]+@[^@\s]+$`},
		"url":          {"External analysis|Network activity|Payload delivery", `^https?://[^\s]+$`},
		"domain":       {"External analysis|Network activity|Payload delivery", `^[a-z0-9.-]+\.[a-z]+$`},
		"hostname":     {"External analysis|Network activity|Payload delivery", `^[a-z0-9.-]+\.[a-z]+$`},
		"sha256":       {"External analysis|Payload delivery|Artifacts dropped", `^[0-9a-f]{64}$`},
	}
}

// misfits says what of an event its templates and types do not allow.
func misfits(e mispFile, all map[string]template) (faults []string) {
	say := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	for _, a := range e.Attribute {
		faults = append(faults, attributeFaults(a)...)
	}
	for _, o := range e.Object {
		m, ok := all[o.Name]
		if !ok {
			say("no template %s", o.Name)
			continue
		}
		if o.TemplateUUID != m.UUID || o.TemplateVersion != fmt.Sprint(m.Version) || o.MetaCategory != m.Category {
			say("%s is of template %s version %s in %s, which is %s version %d in %s", o.Name, o.TemplateUUID, o.TemplateVersion, o.MetaCategory, m.UUID, m.Version, m.Category)
		}
		has := map[string]int{}
		for _, a := range o.Attributes {
			has[a.Relation]++
			faults = append(faults, attributeFaults(a)...)
			if want, ok := m.Attributes[a.Relation]; !ok || want.Type != a.Type || has[a.Relation] > 1 && !want.Multiple {
				say("%s has %s of type %s, for the %d. time", o.Name, a.Relation, a.Type, has[a.Relation])
			}
		}
		for _, r := range m.Required {
			if has[r] == 0 {
				say("%s lacks %s", o.Name, r)
			}
		}
		if len(m.OneOf) > 0 && !slices.ContainsFunc(m.OneOf, func(r string) bool { return has[r] > 0 }) {
			say("%s has none of %v", o.Name, m.OneOf)
		}
	}
	return faults
}

func attributeFaults(a mispAttribute) (faults []string) {
	k, ok := typesIn()[a.Type]
	if !ok || !slices.Contains(strings.Split(k.categories, "|"), a.Category) {
		faults = append(faults, fmt.Sprintf("type %s in %s", a.Type, a.Category))
	}
	if ok && !regexp.MustCompile(k.value).MatchString(a.Value) {
		faults = append(faults, fmt.Sprintf("%s: %q", a.Type, a.Value))
	}
	return faults
}

func TestMISPsTemplatesAcceptTheEvent(t *testing.T) {
	all := templates(t)
	seen := map[string]bool{}
	for name, d := range map[string]Dossier{
		"harbour": dossier(harbour()...), "masked": masking(harbour()...), "wide": dossier(wide()), "none": dossier(),
	} {
		e := mispEventOf(t, d)
		for _, f := range misfits(e, all) {
			t.Errorf("%s: %s", name, f)
		}
		for _, o := range e.Object {
			seen[o.Name] = true
		}
		if _, err := time.Parse(time.DateOnly, e.Date); err != nil {
			t.Errorf("%s: date %q", name, e.Date)
		}
	}
	want := []string{"annotation", "bank-account", "coin-address", "forensic-case", "forensic-evidence", "phone-number", "telegram-account", "url", "user-account"}
	if got := slices.Sorted(maps.Keys(seen)); !slices.Equal(got, want) {
		t.Errorf("objects of the templates %v were checked, want %v", got, want)
	}
}

func TestMISPsTemplatesFindPlantedErrors(t *testing.T) {
	all := templates(t)
	for name, spoil := range map[string]func(*mispFile){
		"a type that the template has not":     func(e *mispFile) { e.Object[0].Attributes[0].Type = "link" },
		"a relation that the template has not": func(e *mispFile) { e.Object[0].Attributes[1].Relation = "remarks" },
		"nothing of what is required":          func(e *mispFile) { e.Object[0].Attributes = e.Object[0].Attributes[1:] },
		"another template's UUID":              func(e *mispFile) { e.Object[0].TemplateUUID = e.Object[1].TemplateUUID },
		"a category that the type has not":     func(e *mispFile) { e.Attribute[0].Category = "Person" },
		"a value that is none of its type":     func(e *mispFile) { e.Attribute[0].Value = "x" },
		"one attribute twice": func(e *mispFile) {
			e.Object[0].Attributes = append(e.Object[0].Attributes, e.Object[0].Attributes[0])
		},
	} {
		e := mispEventOf(t, dossier(harbour()...))
		spoil(&e)
		if len(misfits(e, all)) == 0 {
			t.Errorf("%s was not found", name)
		}
	}
}
