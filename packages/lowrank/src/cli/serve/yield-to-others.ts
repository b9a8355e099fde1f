// Gives a process the lowest priority.

import { writeFileSync } from "node:fs";
import { constants, setPriority } from "node:os";

/** Has the process run on what others leave of the processor, where the system allows it. */
export function yieldToOthers(pid: number): void {
  const attempts = [
    () => setPriority(pid, constants.priority.PRIORITY_LOW),
    // Linux compares priorities only inside a session, if it groups by sessions (sched(7), "The autogroup feature").
    () => writeFileSync(`/proc/${pid}/autogroup`, String(constants.priority.PRIORITY_LOW)),
  ];
  for (const attempt of attempts) {
    try {
      attempt();
    } catch {
      // Some containers forbid it, and other systems have no such file.
    }
  }
}
