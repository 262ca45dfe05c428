package command

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// fed runs the program with something on its standard input.
func fed(t *testing.T, input string, words ...string) (out, errs string, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary(t), words...)
	var printed, complained strings.Builder
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), &printed, &complained
	var ended *exec.ExitError
	if err := cmd.Run(); errors.As(err, &ended) {
		code = ended.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	return printed.String(), complained.String(), code
}

func TestInstrumentsAreListedShownAndScored(t *testing.T) {
	var list []struct{ ID, State string }
	if err := json.Unmarshal([]byte(works(t, "", "screen", "list", "--json")), &list); err != nil {
		t.Fatal(err)
	}
	states := map[string]string{}
	for _, l := range list {
		states[l.ID] = l.State
	}
	for id, want := range map[string]string{"delphi-labour-adult": "installed", "delphi-labour-child": "installed", "delphi-sexual-adult": "off", "delphi-sexual-child": "off", "raft": "template"} {
		if states[id] != want {
			t.Errorf("%s is %q", id, states[id])
		}
	}
	var pack struct {
		State      string
		Licence    map[string]any
		Population map[string]any
		Items      []struct{ ID, Dimension, Weight string }
	}
	if err := json.Unmarshal([]byte(works(t, "", "screen", "show", "delphi-labour-adult", "--json")), &pack); err != nil || len(pack.Items) != 67 || pack.State != "installed" || len(pack.Licence) == 0 || len(pack.Population) == 0 {
		t.Fatalf("%v %+v", err, pack)
	}
	dimensions := map[string]bool{}
	for _, i := range pack.Items {
		dimensions[i.Dimension] = true
	}
	out, _, code := fed(t, `{"age":"adult","answers":{"exploitation-hours":"yes","exploitation-pay":"yes"}}`, "screen", "score", "delphi-labour-adult")
	var result struct {
		Class      string
		CarriedBy  []string `json:"carried_by"`
		Unknown    []string
		Dimensions []struct {
			ID                     string
			Positive, Inconclusive bool
		}
	}
	if err := json.Unmarshal([]byte(out), &result); err != nil || code != 0 || result.Class != "exploitation" || len(result.CarriedBy) != 2 || len(result.Unknown) != 65 || len(result.Dimensions) != 6 {
		t.Fatalf("%d %v %s", code, err, out)
	}
	for _, d := range result.Dimensions {
		if !dimensions[d.ID] || d.Positive != (d.ID == "exploitation") || d.Positive == d.Inconclusive {
			t.Errorf("%+v", d)
		}
	}
	if out, _, _ := fed(t, "adult "+strings.Repeat("n", 67)+"\nchild "+strings.Repeat("u", 67)+"\n", "screen", "score", "delphi-labour-adult", "--coded"); out != "no-pattern\ninconclusive open\n" {
		t.Errorf("%q", out)
	}
}

func TestWhatMakesNoSenseEndsWithTwoAndAReason(t *testing.T) {
	for input, reason := range map[string]string{
		`{"age":"adult","answers":{"exploitation-pay":"Yes"}}`: "outside yes, no, unknown",
		`{"age":"adult","answers":{"wine":"yes"}}`:             `item "wine" is not in delphi-labour-adult`,
		`{"age":"old","answers":{}}`:                           "adult, child or unknown",
		`not JSON`:                                             "object",
	} {
		if out, errs, code := fed(t, input, "screen", "score", "delphi-labour-adult"); code != 2 || out != "" || !strings.Contains(errs, reason) {
			t.Errorf("%s: %d %q %q", input, code, out, errs)
		}
	}
	if _, errs, code := fed(t, `{"age":"adult","answers":{}}`, "screen", "score", "delphi-sexual-adult"); code != 2 || !strings.Contains(errs, "switched off") {
		t.Errorf("%d %s", code, errs)
	}
	refuses(t, 2, "there is no instrument", "screen", "show", "nothing")
	table := []string{"screen", "accuracy", "--tp", "10", "--fn", "1", "--fp", "90", "--tn", "102"}
	refuses(t, 2, "--method is needed", table...)
	refuses(t, 2, "wald, wilson, clopper-pearson", append(table, "--method", "guess")...)
	refuses(t, 2, "1.1 % is 0.011", append(table, "--method", "wald", "--prevalence", "1.1")...)
	refuses(t, 2, "a count from 0", "screen", "accuracy", "--tp", "-1", "--fn", "1", "--fp", "1", "--tn", "1", "--method", "wald")
	works(t, `"lower": 0.587220`, append(table, "--method", "clopper-pearson", "--json")...)
	works(t, `"ppv": 0.019213`, append(table, "--method", "wilson", "--prevalence", "0.01", "--json")...)
}

func TestAnInstrumentIsBroughtIntoAnInstallationAndTakenAway(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	start(t, "serve", "--data", data, "--addr", "127.0.0.1:0").stop(t)
	file := filepath.Join(t.TempDir(), "own.json")
	text := strings.NewReplacer(`"delphi-labour-adult"`, `"our-list"`).Replace(works(t, "", "screen", "show", "delphi-labour-adult", "--json"))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	works(t, "our-list 1.0.0 is in use", "screen", "import", file, "--data", data)
	works(t, "our-list", "screen", "list", "--data", data)
	if err := os.WriteFile(file, []byte(strings.Replace(text, `"weight": "strong"`, `"weight": "huge"`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	refuses(t, 2, `"huge" is not one of`, "screen", "import", file, "--data", data)
	works(t, "removed", "screen", "remove", "our-list", "--data", data)
	refuses(t, 2, "no instrument", "screen", "remove", "our-list", "--data", data)
}
