package report

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
)

//go:embed report.css report.html.tmpl listing.html.tmpl method.html.tmpl certification.txt.tmpl
var files embed.FS

// parse returns the templates. The style sheet stands in the page, and the
// page's policy names its hash: no other style, and no script, is obeyed.
func parse() (*template.Template, error) {
	css, err := files.ReadFile("report.css")
	if err != nil {
		return nil, err
	}
	css = append([]byte("\n"), css...)
	hash := sha256.Sum256(css)
	return template.New("report").Funcs(functions()).Funcs(template.FuncMap{
		"styles":    func() template.CSS { return template.CSS(css) },
		"styleHash": func() string { return "sha256-" + base64.StdEncoding.EncodeToString(hash[:]) },
		"level":     levels,
	}).ParseFS(files, "*.html.tmpl")
}
