package tasklet

import "time"

// MonitorAt is Monitor with the times that come from ticks in place of the system's.
func (s *Scheduler) MonitorAt(limit time.Duration, report func(Hog), ticks <-chan time.Time) *Monitor {
	return s.startMonitor(limit, report, ticks, func() {})
}
