package exchange

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"vigil/internal/needs"
)

// conformance returns a folder of other people's schemas, which lie beside the
// checkout and are no part of it.
func conformance(t *testing.T, name string) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", "..", "..", "shared", "conformance", name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no shared/conformance/%s beside the checkout: not checked by it", name)
	}
	return dir
}

// A verdict is what a checker of other people says of one file.
type verdict struct {
	faults  []string
	checked int
}

// judged runs a script of testdata with the modules of internal/outside.
func judged(t *testing.T, script string, files int, args ...string) []verdict {
	t.Helper()
	modules := filepath.Join("..", "outside")
	for _, m := range []string{"ajv", "ajv-formats", "jsonld", "n3", "rdf-validate-shacl"} {
		if _, err := os.Stat(filepath.Join(modules, "node_modules", m)); err != nil {
			needs.Lacking(t, "module "+m+" in internal/outside")
		}
	}
	if _, err := exec.LookPath("node"); err != nil {
		needs.Lacking(t, "node")
	}
	text, err := os.Open(filepath.Join("testdata", script))
	if err != nil {
		t.Fatal(err)
	}
	defer text.Close()
	// Node looks for the modules of a script that it reads from a pipe in the
	// folder in which it runs.
	cmd := exec.Command("node", append([]string{"--input-type=module", "-"}, args...)...)
	cmd.Dir, cmd.Stdin = modules, text
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, complaints.String())
	}
	all := make([]verdict, files)
	for line := range strings.Lines(string(out)) {
		n, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		i, err := strconv.Atoi(n)
		what, rest, _ := strings.Cut(rest, " ")
		if err != nil || i >= files {
			t.Fatalf("%s says %q", script, line)
		}
		if what == "fault" {
			all[i].faults = append(all[i].faults, rest)
			continue
		}
		if all[i].checked, err = strconv.Atoi(rest); err != nil || all[i].checked == 0 {
			t.Fatalf("%s says %q", script, line)
		}
	}
	for i, v := range all {
		if v.checked == 0 {
			t.Fatalf("%s did not check file %d", script, i)
		}
	}
	return all
}

// A plant is an error to be found: old is replaced by new, once.
type plant struct{ old, new string }

// kept writes a text to files: whole, and with each error.
func kept(t *testing.T, text string, plants []plant) []string {
	t.Helper()
	dir := t.TempDir()
	var files []string
	for i, p := range append([]plant{{}}, plants...) {
		if !strings.Contains(text, p.old) {
			t.Fatalf("nothing to spoil: no %s", p.old)
		}
		files = append(files, filepath.Join(dir, fmt.Sprint(i)))
		if err := os.WriteFile(files[i], []byte(strings.Replace(text, p.old, p.new, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// accepted fails the test unless a checker found nothing but the plants.
func accepted(t *testing.T, name string, plants []plant, vs []verdict) {
	t.Helper()
	if len(vs[0].faults) > 0 {
		t.Errorf("%s:\n%s", name, strings.Join(vs[0].faults, "\n"))
	}
	for i, p := range plants {
		if len(vs[i+1].faults) <= len(vs[0].faults) {
			t.Errorf("%s: %q instead of %q was accepted", name, p.new, p.old)
		}
	}
}

func TestTheSchemasOfOASISAcceptTheBundle(t *testing.T) {
	schemas := filepath.Join(conformance(t, "stix"), "schemas")
	for _, k := range []struct {
		name   string
		d      Dossier
		plants []plant
	}{
		{"all", dossier(harbour()...), []plant{
			{`"number_observed":1`, `"number_observed":0`},
			{`"opinion":"agree"`, `"opinion":"yes"`},
			{`"extension_type":"new-sco"`, `"extension_type":"wallet"`},
			{`"SHA-256":"`, `"SHA-256":"x`},
			{`"context":"suspicious-activity",`, ``},
			{`"value":"` + exampleMail, `"value":"quay at example`},
			{`"created":"20`, `"created":"at 20`},
			{`"identity--`, `"identity-`},
		}},
		{"masked", masking(harbour()...), nil},
		{"none", dossier(), nil},
	} {
		text, _ := written(t, STIX, k.d)
		files := kept(t, text, k.plants)
		accepted(t, k.name, k.plants, judged(t, "stix.mjs", len(files), append([]string{schemas}, files...)...))
	}
}

// turtles returns the files of the ontologies of CASE and UCO.
func turtles(t *testing.T) []string {
	t.Helper()
	var files []string
	for _, dir := range []string{filepath.Join(conformance(t, "uco"), "ontology"), filepath.Join(conformance(t, "case"), "ontology")} {
		err := filepath.WalkDir(dir, func(file string, _ fs.DirEntry, err error) error {
			if filepath.Ext(file) == ".ttl" {
				files = append(files, file)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func TestTheShapesOfCASEAndUCOAcceptTheGraph(t *testing.T) {
	ontologies := turtles(t)
	for _, k := range []struct {
		name   string
		d      Dossier
		plants []plant
	}{
		{"all", dossier(harbour()...), []plant{
			{`"@type":"xsd:hexBinary"`, `"@type":"xsd:string"`},
			{`"@type":"xsd:dateTime"`, `"@type":"xsd:date"`},
			{`"uco-types:hashMethod":"SHA256"`, `"uco-types:hashMethod":"SHA-256"`},
			{`"@type":"uco-tool:Tool"`, `"@type":"uco-types:Hash"`},
			{`"case-investigation:exhibitNumber":"`, `"case-investigation:exhibitNo":"`},
			{`"@type":"case-investigation:Authorization"`, `"@type":"case-investigation:Authorisation"`},
		}},
		{"none", dossier(), nil},
	} {
		text, _ := written(t, CASE, k.d)
		files := kept(t, text, k.plants)
		vs := judged(t, "shacl.mjs", len(files), append(append(files, "--"), ontologies...)...)
		for i := range vs {
			vs[i].faults = withoutOpenWords(vs[i].faults)
		}
		accepted(t, k.name, k.plants, vs)
	}
}

// withoutOpenWords leaves out that a kind of account is none of UCO's: its
// vocabulary is open, has no wallets, and the shape says so for information.
func withoutOpenWords(faults []string) []string {
	var out []string
	for _, f := range faults {
		if !strings.HasPrefix(f, "Info:") || !strings.Contains(f, "observable/accountType InConstraint") {
			out = append(out, f)
		}
	}
	return out
}
