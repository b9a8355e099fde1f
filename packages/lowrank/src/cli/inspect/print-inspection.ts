// An inspection for people and for programs.

import { escapeName } from "@lowrank/contracts/internal";
import { type Inspection, sizeOf } from "../../inspect/inspection.ts";
import { formatCount } from "../terminal/format.ts";
import type { Report } from "../terminal/report.ts";
import { formatFacts, formatTable } from "../terminal/table.ts";
import { factsOf, jsonOf } from "./facts-of.ts";
import { groupTensors } from "./group-tensors.ts";

const shownGroups = 40;

export function printInspection(inspection: Inspection, options: { readonly all: boolean }, report: Report): void {
  report.emit(jsonOf(inspection));
  if (!report.isJson) printForPeople(inspection, options, report);
  for (const warning of inspection.warnings) report.warn(warning);
}

function printForPeople(inspection: Inspection, options: { readonly all: boolean }, report: Report): void {
  report.print(`${report.colors.bold(titleOf(inspection))} ${escapeName(inspection.path)}`);
  for (const line of formatFacts(factsOf(inspection))) report.print(line);
  const rows = options.all
    ? inspection.tensors.map((tensor) => ({ ...tensor, count: 1 }))
    : groupTensors(inspection.tensors);
  if (rows.length === 0) return;
  const shown = options.all ? rows : rows.slice(0, shownGroups);
  const columns = [
    { heading: "tensor" },
    { heading: "count", align: "right" as const },
    { heading: "type" },
    { heading: "shape" },
    { heading: "parameters", align: "right" as const },
  ];
  const cells = shown.map(({ name, count, dtype, shape }) => [
    escapeName(name),
    String(count),
    dtype,
    `[${shape.join(", ")}]`,
    formatCount(count * sizeOf(shape)),
  ]);
  report.print();
  for (const line of formatTable(columns, cells)) report.print(`  ${line}`);
  if (shown.length < rows.length) report.print(`  … and ${rows.length - shown.length} more lines (--all shows them)`);
}

function titleOf(inspection: Inspection): string {
  return inspection.kind === "adapter" ? `${inspection.format} adapter` : titles[inspection.kind];
}

const titles = {
  model: "Model",
  safetensors: "safetensors file",
  gguf: "GGUF file",
} as const;
