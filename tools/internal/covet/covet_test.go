package covet_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/moduvex/moduvex-go/tools/internal/covet"
)

// module is the folder of this module, whose go.mod has the packages that the folders of testdata import.
const module = "../.."

// Each check has a folder in testdata, with a comment "want" at each line that it reports.
func TestTheChecksReportMistakesAndNothingElse(t *testing.T) {
	for _, a := range covet.Analyzers() {
		t.Run(a.Name, func(t *testing.T) {
			t.Parallel()
			analysistest.Run(t, module, a, "./internal/covet/testdata/"+a.Name)
		})
	}
}
