// A sweep as a job array of Slurm: https://slurm.schedmd.com/job_array.html

import { type SweepCall, shellWord, sweepWords } from "./sweep-call.ts";

/** The script for `sbatch`, of so many runs. Paths are as they are typed: it is to be handed in where it was written. */
export function slurmScript(call: SweepCall, runs: number): string {
  const command = sweepWords(call).map(shellWord).join(" ");
  return `#!/usr/bin/env bash
# Each task of the array makes one run. Two minutes before its time is over it saves itself and waits for its next turn; whatever else
# ends it, hand the script in again: runs that are complete are not repeated, and one that was cut goes on from its last checkpoint.
#SBATCH --job-name=lowrank-sweep
#SBATCH --array=0-${runs - 1}
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=8
#SBATCH --time=04:00:00
#SBATCH --signal=USR1@120
#SBATCH --requeue
#SBATCH --open-mode=append
set -euo pipefail

code=0
srun --ntasks=1 --cpus-per-task="$SLURM_CPUS_PER_TASK" \\
  ${command} "$SLURM_ARRAY_TASK_ID" --threads "$SLURM_CPUS_PER_TASK" || code=$?
if [ "$code" = 138 ]; then scontrol requeue "\${SLURM_ARRAY_JOB_ID}_\${SLURM_ARRAY_TASK_ID}"; fi # saved, as SIGUSR1 asked
exit "$code"
`;
}
