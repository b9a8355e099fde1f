// The page's second half: where the time of each step goes, ours and the peer's, from kept profiles.

import type { Profile } from "../profile/profile-benchmark.ts";
import { workParts } from "../profile/work-parts.ts";

/** A table for each profile; empty where nothing was profiled. */
export function profileSection(profiles: readonly Profile[]): readonly string[] {
  if (profiles.length === 0) return [];
  const processors = [...new Set(profiles.map(({ processor, date }) => `${processor}, ${date.slice(0, 10)}`))];
  return [
    "## Where the time goes",
    "",
    "Milliseconds of a step in each kind of operation, from one run of each side by itself with a clock around every operation",
    "(`npm run bench:profile -- all`): the clocks cost time too, torch's more than ours, so the sums are not the times above.",
    "What a missed aim comes from, and what was tried, is told in [why-not-faster.md](why-not-faster.md).",
    "",
    ...profiles.flatMap(profileTable),
    `Measured on ${processors.join("; ")}.`,
    "",
  ];
}

function profileTable({ name, label, sides, phases = [] }: Profile): readonly string[] {
  if (phases.length > 0) {
    return [
      `### ${name}`,
      "",
      "| part | ours, ms |",
      "| --- | --- |",
      ...phases.map((phase) => `| ${phase.label} | ${phase.milliseconds.toFixed(1)} |`),
      "",
    ];
  }
  const columns = sides.map(({ by }) => ` ${by} |`).join("");
  const row = (first: string, cells: readonly string[]) => `| ${first} | ${cells.join(" | ")} |`;
  return [
    `### ${name}: ${label}`,
    "",
    `| |${columns}`,
    `| --- |${" --- |".repeat(sides.length)}`,
    ...workParts
      .filter((part) => sides.some(({ parts }) => (parts[part] ?? 0) > 0))
      .map((part) =>
        row(
          part,
          sides.map(({ parts }) => (parts[part] ?? 0).toFixed(1)),
        ),
      ),
    row(
      "all",
      sides.map(({ milliseconds }) => milliseconds.toFixed(0)),
    ),
    row(
      "speed of the products, GFLOPS",
      sides.map(({ gflops }) => gflops?.toFixed(0) ?? "–"),
    ),
    "",
  ];
}
