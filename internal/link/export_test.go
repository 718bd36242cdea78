package link

// ExamplesFile is the file of published identifiers.
var ExamplesFile = examplesFile

// Cell is a text as a cell of the CSV export.
func Cell(s string) string { return cell(s) }

// ReadExamples reads a file of published identifiers.
func ReadExamples(file string) (map[string]string, error) { return readExamples(file) }

// Visible is a text as it is shown.
func Visible(s string, most int) string { return visible(s, most) }
