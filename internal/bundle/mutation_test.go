package bundle

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// One change in each class of place, by somebody without a key: the layer that
// finds it, and that nothing else would have to.
func TestMutationTable(t *testing.T) {
	w, dir := smallWorld(t)
	e := w.exhibits[0]
	good := files(t, dir)
	// flip changes the byte behind the first mark in a file.
	flip := func(name, mark string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			data := bytes.Clone(good[name])
			at := bytes.Index(data, []byte(mark))
			if at < 0 {
				t.Fatalf("%s does not hold %q", name, mark)
			}
			data[at+len(mark)] ^= 1
			put(t, filepath.Join(dir, name), data)
		}
	}
	// digit changes the first digit of a manifest to another.
	digit := func(name string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			data := bytes.Clone(good[name])
			if data[0] != '0' {
				data[0] = '0'
			} else {
				data[0] = '1'
			}
			put(t, filepath.Join(dir, name), data)
		}
	}
	add := func(name, text string) func(*testing.T, string) {
		return func(t *testing.T, dir string) { put(t, filepath.Join(dir, name), []byte(text)) }
	}
	remove := func(names ...string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			for _, name := range names {
				if err := os.Remove(filepath.Join(dir, name)); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	sum := strings.Repeat("0", 64)
	for name, tt := range map[string]struct {
		change func(*testing.T, string)
		layer  string
	}{
		"WARC body": {func(t *testing.T, dir string) {
			var l indexLine
			if err := strict(good[indexName], &l); err != nil {
				t.Fatal(err)
			}
			data := bytes.Clone(good[waczName])
			start := bytes.Index(data, []byte(l.File)) + len(l.File) // behind the entry's header
			data[start+int(l.Offset+l.Length/2)] ^= 1
			put(t, filepath.Join(dir, waczName), data)
		}, "manifests"},
		"WARC header":              {flip(waczName, "\x1f\x8b\x08"), "manifests"},
		"name in the WACZ":         {flip(waczName, archiveDir+"data-"), "manifests"},
		"checksum in the WACZ":     {flip(waczName, "PK\x01\x02\x14\x03\x14\x00\x00\x08\x00\x00\x00\x00\x21\x00"), "manifests"},
		"index of addresses":       {flip(waczName, "onion,"), "manifests"},
		"list of the WACZ":         {flip(waczName, `"wacz_version": "`), "manifests"},
		"signature of the WACZ":    {flip(waczName, `"signature": "`), "manifests"},
		"pages of the WACZ":        {flip(waczName, "json-pages-"), "manifests"},
		"index of pages":           {flip(indexName, `"offset":`), "manifests"},
		"header's date":            {flip(captureDir+e.Page.ID+".json", `"captured_at":"`), "manifests"},
		"body's hash":              {flip(captureDir+e.Page.ID+".json", `"body_sha256":"`), "manifests"},
		"listing":                  {flip(listingDir+e.Listing.ID+".json", `"title":"`), "manifests"},
		"assessed text":            {flip(listingDir+e.Listing.ID+".txt", "Pap"), "manifests"},
		"assessment":               {flip(assessDir+e.Listing.ID+".json", `"level":"`), "manifests"},
		"decision":                 {flip(reviewDir+e.Listing.ID+".jsonl", `"verdict":"`), "manifests"},
		"event":                    {flip(orderLogDir+eventsName, `"actor":"`), "manifests"},
		"proof":                    {flip(orderLogDir+proofsName, `"hashes":["`), "manifests"},
		"checkpoint":               {flip(orderLogDir+pointName, "vigil/ORD-TEST-1\n"), "manifests"},
		"order":                    {flip(orderName, "max_pages = "), "manifests"},
		"order's signature":        {flip(orderSigName, "-----BEGIN SSH SIGNATURE-----\n"), "manifests"},
		"report":                   {flip("data/report/report.html", "<title>"), "manifests"},
		"manual":                   {flip(manualName, "ssh-"), "manifests"},
		"manifest":                 {digit("manifest-sha256.txt"), "manifests"},
		"name in a manifest":       {flip("manifest-sha512.txt", "data/"), "manifests"},
		"tag manifest":             {digit(signedName), "tag manifests"},
		"other tag manifest":       {digit("tagmanifest-sha512.txt"), "tag manifests"},
		"bagit.txt":                {flip(bagitName, "BagIt-Version: "), "structure"},
		"order in bag-info.txt":    {flip(infoName, labelOrderHash+": "), "tag manifests"},
		"exporter in bag-info.txt": {flip(infoName, labelExporter+": "), "tag manifests"},
		"time of sealing, future":  {add(infoName, strings.Replace(string(good[infoName]), "X-Sealed: 2026", "X-Sealed: 2036", 1)), "structure"},
		"time of sealing, past":    {add(infoName, strings.Replace(string(good[infoName]), "X-Sealed: 2026", "X-Sealed: 2016", 1)), "tag manifests"},
		"made a draft again": {func(t *testing.T, dir string) {
			if err := os.RemoveAll(filepath.Join(dir, sigDir)); err != nil {
				t.Fatal(err)
			}
		}, "signature"},
		"seal removed":       {remove(sigName), "signature"},
		"seal":               {flip(sigName, "-----BEGIN SSH SIGNATURE-----\nU1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAg"), "signature"},
		"signers removed":    {remove(signersName), "signature"},
		"signer's name":      {flip(signersName, ""), "signature"},
		"signer's namespace": {flip(signersName, `namespaces="`), "signature"},
		"signer's key":       {flip(signersName, "AAAAC3NzaC1lZDI1NTE5AAAAI"), "signature"},
		"signer's comment":   {add(signersName, strings.TrimSpace(string(good[signersName]))+" x\n"), "signature"},
		"another signer":     {add(signersName, string(good[signersName])+newParty(t, "x", "vigil-bundle").line), "signature"},
		"another's seal": {func(t *testing.T, dir string) {
			sig, err := newParty(t, "vigil-case", "vigil-bundle").sign(good[signedName])
			if err != nil {
				t.Fatal(err)
			}
			put(t, filepath.Join(dir, sigName), sig)
		}, "signature"},
		"extra file":           {add("data/extra", "x"), "structure"},
		"extra tag file":       {add("extra.txt", "x"), "structure"},
		"extra signature":      {add("signatures/x.sig", "x"), "structure"},
		"extra label":          {add(infoName, string(good[infoName])+"X-Note: x\n"), "tag manifests"},
		"file removed":         {remove(manualName), "structure"},
		"parts elsewhere":      {add("fetch.txt", ""), "structure"},
		"name that leads out":  {add("manifest-sha256.txt", string(good["manifest-sha256.txt"])+sum+"  data/../../x\n"), "structure"},
		"absolute name":        {add("manifest-sha256.txt", string(good["manifest-sha256.txt"])+sum+"  /etc/passwd\n"), "structure"},
		"listed twice":         {add("manifest-sha256.txt", string(good["manifest-sha256.txt"])+string(good["manifest-sha256.txt"])), "structure"},
		"listed and not there": {add("manifest-sha256.txt", string(good["manifest-sha256.txt"])+sum+"  data/x\n"), "manifests"},
		"weaker manifest":      {add("manifest-md5.txt", ""), "structure"},
		"version 1":            {add(infoName, strings.Replace(string(good[infoName]), Format, "vigil-bundle/1", 1)), "structure"},
		"link": {func(t *testing.T, dir string) {
			if runtime.GOOS == "windows" {
				t.Skip("no links")
			}
			remove(manualName)(t, dir)
			if err := os.Symlink("/etc/hostname", filepath.Join(dir, manualName)); err != nil {
				t.Fatal(err)
			}
		}, "structure"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for name, data := range good {
				put(t, filepath.Join(dir, name), data)
			}
			tt.change(t, dir)
			r := mustVerify(t, dir, VerifyOptions{Now: later}) // whoever checks knows no key
			if got := results(r)[tt.layer]; r.OK() || got != Fail {
				t.Errorf("%s: %s; %s", tt.layer, got, r.failures())
			}
		})
	}
}
