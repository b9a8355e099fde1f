// The page's part about single operations: how a step's time is spent, from stored profiles.

import type { Profile } from "../profile/profile-benchmark.ts";
import { workParts } from "../profile/work-parts.ts";
import { datesOf, grouped, tableRow, threadText } from "./tables.ts";

/** A table for each processor; empty if there is no profile. */
export function profileSection(profiles: readonly Profile[]): readonly string[] {
  if (profiles.length === 0) return [];
  return [
    "## Where the time goes",
    "",
    "Milliseconds of each kind of operation, from one run of each program by itself with a clock around every operation",
    "(`npm run bench:profile -- all`). The clocks take time too, more in torch than in lowrank, so the sums differ from the times above.",
    "",
    ...grouped(profiles, ({ processor, threads }) => `${processor}; computed with ${threadText(threads)}`).flatMap(
      ([processor, group]) => [
        `**${processor}; ${datesOf(group.map(({ date }) => date))}**`,
        "",
        ...operationTable(group.filter(({ phases = [] }) => phases.length === 0)),
        ...group.flatMap(phaseTable),
      ],
    ),
  ];
}

/** A row for each program of a benchmark. Kinds of work in which no program spends time are left out. */
function operationTable(profiles: readonly Profile[]): readonly string[] {
  if (profiles.length === 0) return [];
  const sides = profiles.flatMap(({ name, label, sides }) => sides.map((side) => ({ ...side, name, label })));
  const parts = workParts.filter((part) => sides.some((side) => (side.parts[part] ?? 0) > 0));
  const head = ["benchmark", "program", ...parts, "all", "GFLOPS of the products"];
  return [
    tableRow(head),
    tableRow(head.map(() => "---")),
    ...sides.map(({ name, label, by, parts: times, milliseconds, gflops }) =>
      tableRow([
        `\`${name}\`, ${label}`,
        by,
        ...parts.map((part) => (times[part] ?? 0).toFixed(1)),
        milliseconds.toFixed(0),
        gflops?.toFixed(0) ?? "–",
      ]),
    ),
    "",
  ];
}

function phaseTable({ name, phases = [] }: Profile): readonly string[] {
  if (phases.length === 0) return [];
  return [
    `| \`${name}\` | lowrank, ms |`,
    "| --- | --- |",
    ...phases.map((phase) => `| ${phase.label} | ${phase.milliseconds.toFixed(1)} |`),
    "",
  ];
}
