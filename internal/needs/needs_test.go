package needs

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// wanting names what TestWanting wants of a machine that has nothing.
const wanting = "VIGIL_TEST_WANTS"

func TestWhatIsNotHereSkipsATestAndFailsItOnCI(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, what := range []string{"a program", "a right"} {
		for ci, want := range map[string]string{"": "--- SKIP", "false": "--- SKIP", "true": "--- FAIL"} {
			cmd := exec.Command(self, "-test.run", "^TestWanting$", "-test.v")
			cmd.Env = []string{wanting + "=" + what, "CI=" + ci, "PATH=" + t.TempDir()}
			out, _ := cmd.CombinedOutput()
			if !strings.Contains(string(out), want) || strings.Contains(string(out), "went on") {
				t.Errorf("CI=%s, for want of %s: want %s\n%s", ci, what, want, out)
			}
		}
	}
}

func TestWanting(t *testing.T) {
	switch os.Getenv(wanting) {
	case "a program":
		Program(t, "openssl")
	case "a right":
		Right(t, errors.New("no namespace"), "root")
	default:
		Program(t, "go") // which is here
		Right(t, nil, "nothing")
		return
	}
	t.Error("went on")
}
