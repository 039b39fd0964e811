package executor_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// A slow spawner returns from Spawn when the task has ended.
type slow struct {
	t *testing.T
	core.Spawner
}

func (s slow) Spawn(r core.Task) error {
	err := s.Spawner.Spawn(r)
	eventually(s.t, "the task ends", r.(*task.Task).Finished)
	return err
}

// A set joins its tasks from the start, so a panic of one is for the set to tell, however early it comes.
func TestAPanicInASetIsNotLogged(t *testing.T) {
	var logged log
	rt := startRuntime(t, executor.Options{Logger: logged.logger()})
	set := joinhandle.NewJoinSet[int](slow{t, rt})
	set.Go(func(*coro.Co) (int, error) { explode(); return 0, nil })
	if j, ok := set.TryJoin(); !ok || j.Err == nil {
		t.Errorf("have %v, %t", j, ok)
	}
	if text := logged.take(); text != "" {
		t.Errorf("the log has %q", text)
	}
}

// A task that has left its set has no join any more.
func TestAPanicOfATaskThatASetHasLetGoOfIsLogged(t *testing.T) {
	for name, letGo := range map[string]func(s *joinhandle.JoinSet[int]){
		"DetachAll": (*joinhandle.JoinSet[int]).DetachAll,
		"Drop":      (*joinhandle.JoinSet[int]).Drop,
	} {
		t.Run(name, func(t *testing.T) {
			var logged log
			rt := startRuntime(t, executor.Options{Logger: logged.logger()})
			set := joinhandle.NewJoinSet[int](rt)
			waits, release := make(chan struct{}), make(chan struct{})
			h := set.Go(func(co *coro.Co) (int, error) {
				defer explode()
				close(waits)
				<-release // or Drop would come in an await or not
				return 0, co.Yield()
			})
			receive(t, "the body begins", waits)
			letGo(set)
			close(release)
			eventually(t, "the task ends", h.Finished)
			if text := logged.take(); !contains(text, "level=ERROR", "boom", "executor_test.explode") {
				t.Errorf("the log has %q", text)
			}
			if h.Abort() {
				t.Error("the abort of a task that has ended took")
			}
		})
	}
}
