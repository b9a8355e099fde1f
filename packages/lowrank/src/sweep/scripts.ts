// A sweep as an indexed Job of Kubernetes: https://kubernetes.io/docs/tasks/job/indexed-parallel-processing-static/

const name = "lowrank-sweep";
const recipeFolder = "/etc/lowrank";
const size = { cpu: "8", memory: "8Gi" };

/** A manifest for `kubectl apply`: the recipe as text, and a Job that makes each run in a container with a shared volume. */
export async function kubernetesJob(call: Omit<SweepCall, "recipe">, recipe: string, runs: number): Promise<string> {
  const { stringify } = await import("yaml");
  const documents = [configMap(recipe), job(call, runs)].map((document) =>
    stringify(document, { lineWidth: 0, aliasDuplicateObjects: false }),
  );
  return `${head}${documents.join("---\n")}`;
}

const head = `# kubectl apply -f - : each index of the Job makes one run of a sweep. Change the image and the claim, a volume that all
# machines share, with the base and the rows. An interrupted run resumes from its last checkpoint.
`;

function configMap(recipe: string) {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { "recipe.yaml": recipe } };
}

function job(call: Omit<SweepCall, "recipe">, runs: number) {
  const words = sweepWords({ ...call, recipe: `${recipeFolder}/recipe.yaml` });
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name },
    spec: {
      completions: runs,
      parallelism: runs,
      completionMode: "Indexed",
      backoffLimitPerIndex: 5,
      podFailurePolicy: {
        rules: [
          // Preempted pods do not count as failures; wrong usage would fail in each run.
          { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
          { action: "FailJob", onExitCodes: { operator: "In", values: [2] } },
        ],
      },
      template: { spec: pod(words) },
    },
  };
}

function pod(words: readonly string[]) {
  return {
    restartPolicy: "Never",
    // After SIGTERM a run finishes its step and saves.
    terminationGracePeriodSeconds: 120,
    containers: [
      {
        name: "run",
        image: "registry.example.org/lowrank:latest",
        workingDir: "/work",
        // Escapes words that look like Kubernetes variables.
        command: [
          ...words.map((word) => word.replaceAll("$(", "$$$$(")),
          "$(JOB_COMPLETION_INDEX)",
          "--threads",
          size.cpu,
        ],
        volumeMounts: [
          { name: "recipe", mountPath: recipeFolder },
          { name: "work", mountPath: "/work" },
        ],
        resources: { requests: size, limits: size },
      },
    ],
    volumes: [
      { name: "recipe", configMap: { name } },
      { name: "work", persistentVolumeClaim: { claimName: "lowrank" } },
    ],
  };
}

// A sweep as a job array of Slurm: https://slurm.schedmd.com/job_array.html

/** The script for `sbatch` with this number of runs. Paths stay as typed: submit it from the folder where it was written. */
export function slurmScript(call: SweepCall, runs: number): string {
  const command = sweepWords(call).map(shellWord).join(" ");
  return `#!/usr/bin/env bash
# Each task of the array makes one run. Two minutes before its time is over it saves and is requeued. If it ends for another
# reason, submit the script again: complete runs are not repeated, and an interrupted one resumes from its last checkpoint.
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
if [ "$code" = 138 ]; then scontrol requeue "\${SLURM_ARRAY_JOB_ID}_\${SLURM_ARRAY_TASK_ID}"; fi # saved after SIGUSR1
exit "$code"
`;
}

interface SweepCall {
  readonly recipe: string;
  /** As typed: "rank=4,8". */
  readonly sets: readonly string[];
  readonly out: string;
}

/** The words of its command, except for the number of the run. */
function sweepWords({ recipe, sets, out }: SweepCall): readonly string[] {
  return ["lowrank", "sweep", recipe, ...sets.flatMap((set) => ["--set", set]), "--out", out, "--only"];
}

function shellWord(word: string): string {
  return /^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
