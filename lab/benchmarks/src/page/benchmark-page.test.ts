import { describe, expect, it } from "vitest";
import type { Benchmark } from "../benchmark.ts";
import { benchmarks, generation, others, trainingSteps } from "../benchmarks.ts";
import type { DistributedResult } from "../distributed/run-distributed.ts";
import type { JobResult } from "../jobs/job-result.ts";
import { jobs } from "../jobs/jobs.ts";
import type { Profile } from "../profile/profile-benchmark.ts";
import type { Result } from "../result.ts";
import { benchmarkPage, chartedResults, type PageRows, timeBars } from "./benchmark-page.ts";
import { ratioChart } from "./ratio-chart.ts";

const measured: Result = {
  name: "gpt2-step",
  work: "a step",
  peer: "PEFT",
  oursMs: 412.34,
  peerMs: 600,
  ratio: 0.687,
  oursRssMb: 812,
  peerRssMb: 1090,
  rssRatio: 0.745,
  oursIdleLoad: 0,
  rounds: 10,
  oursRange: [410, 420],
  peerRange: [590, 610],
  threads: 2,
  versions: { ours: { node: "20.20.2" }, peer: { torch: "2.13.0" } },
  processor: "A processor, 2 threads",
  date: "2026-01-02T03:04:05.000Z",
  met: false,
};

/** The page without jobs, whose rows have tests of their own. */
const pageOf = (results: readonly Result[], profiles: readonly Profile[] = [], rows: Partial<PageRows> = {}) =>
  benchmarkPage({ jobs: [], steps: trainingSteps, generation, others, ...rows }, results, profiles);

const sectionOf = (page: string, title: string) =>
  page.split("\n## ").find((section) => section.startsWith(title)) ?? "";

describe("the page", () => {
  it("names every benchmark without a result as not measured", () => {
    const page = pageOf([]);
    for (const title of ["Training steps", "Text generation", "Other measurements"])
      expect(sectionOf(page, title)).toContain("Not measured yet: `");
    for (const { name } of benchmarks) expect(page).toContain(`\`${name}\``);
    expect(page).not.toMatch(/NaN|undefined/);
  });

  it("shows medians, ratios and memory of a result, below processor, date and versions", () => {
    const page = pageOf([measured]);
    expect(page).toContain(
      "| `gpt2-step`: GPT-2 small, LoRA on c_attn, 1 × 128 tokens | PEFT | 412 | 600 | 0.69 | 812 | 1090 | 0.74 | 10 |",
    );
    expect(page).toContain("**A processor, 2 threads; computed with 2 threads; 2026-01-02**");
    expect(page).toContain("lowrank: node 20.20.2.  \nCompared with: torch 2.13.0.");
  });

  it("has the sections in the order of what people wait for", () => {
    const headings = pageOf([measured]).match(/^## .*/gm);
    const order = ["Whole jobs", "Training steps", "Text generation", "Other measurements", "Many machines"];
    expect(headings).toEqual(order.map((title) => `## ${title}`));
  });

  it("never puts rows of two processors into one table", () => {
    const other = {
      ...measured,
      name: "roberta-step",
      processor: "Another one, 2 threads",
      date: "2026-01-05T00:00:00Z",
    };
    const single = { ...measured, name: "smollm2-step", threads: 1 };
    const steps = sectionOf(pageOf([measured, other, single]), "Training steps");
    const tables = steps.split("\n**").slice(1);
    expect(tables.map((table) => table.match(/^\| `[^`]*`/gm))).toEqual([
      ["| `gpt2-step`"],
      ["| `smollm2-step`"],
      ["| `roberta-step`"],
    ]);
    expect(tables[2]).toMatch(/^Another one, 2 threads; computed with 2 threads; 2026-01-05/);
  });

  it("has a row in the table of each processor that measured it", () => {
    const other = { ...measured, processor: "Another one, 2 threads", ratio: 0.5 };
    const steps = sectionOf(pageOf([measured, other]), "Training steps");
    const rows = steps.split("\n**").slice(1);
    expect(rows.map((table) => table.match(/\| 0\.\d\d \| 812/)?.[0])).toEqual(["| 0.69 | 812", "| 0.50 | 812"]);
    expect(steps).not.toContain("Not measured yet: `gpt2-step`,");
  });

  it("marks rows in bf16 that were measured before the warm-up was checked, and no others", () => {
    const old = { ...measured, name: "gpt2-step-b4-int8" };
    const note = "- `gpt2-step-b4-int8`: measured before the warm-up was checked; PEFT may be faster than shown.";
    const page = pageOf([old, measured]);
    expect(page).toContain(note);
    expect(page).toContain("lowrank in int8 \\* | PEFT, bf16 |");
    expect(page).toContain("1 × 128 tokens | PEFT | 412 |");
    expect(pageOf([{ ...old, steady: true }])).not.toMatch(/before the warm-up|\\\* \|/);
  });

  it("marks a row that never became steady", () => {
    const page = pageOf([{ ...measured, steady: false }]);
    expect(page).toContain("1 × 128 tokens \\* | PEFT | 412 |");
    expect(page).toContain("- `gpt2-step`: never steady: ");
  });

  it("lists what the other program tried", () => {
    const peersTried = [
      { precision: "bf16", milliseconds: 1023.4, steady: true },
      { precision: "base in bf16", milliseconds: 963.2, steady: true },
      { precision: "base in bf16 + torch.compile", skipped: "there is no compiler" },
    ];
    const result = { ...measured, name: "gpt2-step-int8", steady: true, peerPrecision: "base in bf16", peersTried };
    const page = pageOf([result]);
    expect(page).toContain("| PEFT, base in bf16 | 412 |");
    expect(page).toContain(
      "- `gpt2-step-int8`: PEFT tried bf16 (1023 ms); base in bf16 (963 ms); base in bf16 + torch.compile (skipped: there is no compiler).",
    );
  });

  it("gives the first and the last day of a table's results", () => {
    const later = { ...measured, name: "roberta-step", date: "2026-01-05T00:00:00Z" };
    expect(pageOf([measured, later])).toContain("; 2026-01-02 to 2026-01-05**");
  });

  it("names an engine other than the native one, and the precision of the other program", () => {
    const versions = { ours: { engine: "wasm", node: "20.20.2" }, peer: {} };
    const page = pageOf([{ ...measured, versions, peerPrecision: "bf16", steady: true }]);
    expect(page).toContain("1 × 128 tokens (engine wasm) | PEFT, bf16 |");
  });

  it("adds the figures that only some benchmarks have", () => {
    const page = pageOf([{ ...measured, tensorRatio: 0.5, oursTensorMb: 100, peerTensorMb: 200 }]);
    expect(page).toContain("- `gpt2-step`: tensors take at most 100 MB, compared with 200 MB: 0.50.");
  });

  it("compares memory only between two processes", () => {
    const [part] = [{ label: "merged : base", oursMs: 398, peerMs: 391, ratio: 1.02 }];
    const page = pageOf([
      { ...measured, name: "merged-latency", parts: [part] },
      { ...measured, name: "lora-vs-full" },
    ]);
    expect(page).toContain("merged : base | lowrank | 398 | 391 | 1.02 | – | – | – | 10 |");
    expect(page).toContain("| lowrank | 412 | 600 | 0.69 | 812 | 1090 | 0.74 | 10 |");
  });
});

describe("many machines", () => {
  it("show measured figures, and predictions from them alone", () => {
    const result: DistributedResult = {
      ...measured,
      name: "distributed",
      ranks: 2,
      trained: 2_500_000,
      parts: [
        { label: "exchange", oursMs: 1000, peerMs: 990, ratio: 1.01 },
        { label: "alone", oursMs: 1000, peerMs: 980, ratio: 1.02 },
      ],
      exchange: [{ values: 1_000_000, milliseconds: 0.834 }],
    };
    const page = pageOf([result]);
    expect(page).toContain("A step takes 1000 ms, and 990 ms without the exchange of gradients");
    expect(page).toContain("| 1000000 | 0.83 |");
    // Ten megabytes: 80 ms at a gigabit a second round a ring of two.
    expect(page).toContain("| 2 | 91 % | 97 % | 98 % | 98 % |");
    expect(pageOf([])).toContain("Not measured yet: `distributed`.");
  });
});

describe("the chart", () => {
  it("has a bar for each comparison, and none without a measurement", () => {
    const bars = timeBars(benchmarks, [measured]);
    expect(bars[0]).toEqual({ label: "gpt2-step", ratio: 0.687 });
    expect(bars.filter(({ label }) => label.startsWith("merged-latency"))).toHaveLength(2);
    const chart = ratioChart("Time", bars);
    expect(chart.match(/not measured yet/g)).toHaveLength(bars.length - 1);
    expect(chart).toContain(">0.69</text>");
    expect(chart).not.toMatch(/NaN|undefined/);
  });

  it("shows the processor with most of the rows", () => {
    const [one, other] = [measured, { ...measured, processor: "Another one, 2 threads" }];
    const roberta = { ...other, name: "roberta-step" };
    expect(chartedResults(benchmarks, [one, other, roberta])).toEqual([other, roberta]);
    expect(chartedResults(jobs, [one, other])).toEqual([]);
  });

  it("keeps text from outside out of its markup", () => {
    const bar = { label: "a < b & c", ratio: 0.5 };
    expect(ratioChart("<title>", [bar])).toContain("a &lt; b &amp; c");
  });
});

const names = (rows: readonly Benchmark[]) => rows.map(({ name }) => name);

describe("the benchmarks", () => {
  it("have one name each", () => {
    expect(new Set(names(benchmarks)).size).toBe(benchmarks.length);
  });
});

describe("whole jobs", () => {
  it("show where the seconds of each program went", () => {
    const phases = { "libraries and engine": 0.31, "weights and tokens": 0.3, validation: 4, steps: 19.44, saving: 0 };
    const way = { trainer: "lowrank train", precision: "int8", seconds: 24.1, rssMb: 582, phases } as const;
    const ways = [{ ...way, loss: { mean: 0.5, standardError: 0.01 }, accuracy: { mean: 0.75 } }];
    const gap = { precision: "int8", quality: "loss", worseBy: -0.01, standardError: 0.02, isAsGood: true } as const;
    const job: JobResult = { ...measured, name: "job-sst2", data: "real", steps: 60, ways, qualityGaps: [gap] };
    const page = pageOf([job], [], { jobs });
    expect(page).toContain("### job-sst2: 60 steps on real rows\n\nA processor, 2 threads; 2026-01-02; 10 rounds\n");
    expect(page).toContain(
      "| lowrank train in int8 | 24.1 | 0.3 | 0.3 | 4.0 | 19.4 | 0.0 | 582 | 0.5000 ± 0.0100 | 0.7500 |",
    );
    expect(page).toContain("- mean loss in int8: 0.0100 lower than PEFT's in float32, not worse");
    for (const { name } of jobs) expect(page).toContain(`\`${name}\``);
  });

  it("are in seconds, with the memory of the recommended setting", () => {
    const times = [
      { label: "recommended", oursMs: 6030, peerMs: 10_790, ratio: 0.56 },
      { label: "float32", oursMs: 8650, peerMs: 18_470, ratio: 0.47 },
    ];
    const page = pageOf([{ ...measured, name: "job-sst2", parts: times }], [], { jobs });
    expect(page).toContain(" – recommended | PEFT | 6.03 | 10.8 | 0.56 | 812 | 1090 | 0.74 | 10 |");
    expect(page).toContain(" – float32 | PEFT | 8.65 | 18.5 | 0.47 |  |  |  | 10 |");
  });

  it("are marked in every table if they were shortened", () => {
    const part = { label: "", oursMs: 1, peerMs: 2, ratio: 0.5 };
    const job: JobResult = {
      ...measured,
      name: "job-squad",
      data: "real",
      steps: 4,
      shortenedFrom: 30,
      ways: [],
      parts: [part, part],
    };
    const page = pageOf([job], [], { jobs });
    expect(page).toContain("### job-squad: 4 of 30 steps on real rows");
    expect(page.match(/\| `job-squad`.* \(measured with 4 of 30 steps\) \|/g)).toHaveLength(2);
  });
});

describe("profiles", () => {
  const about = { processor: "A processor", threads: 2, date: "2026-01-02T03:04:05.000Z" };
  const sides = [
    { by: "lowrank on native", milliseconds: 30.4, parts: { attention: 20.44 }, gflops: 212.3 },
    { by: "PEFT", milliseconds: 40, parts: { attention: 31, "head and loss": 9 } },
  ];

  it("have a row for each program, without the parts in which none spends time", () => {
    const page = pageOf([], [{ ...about, name: "gpt2-step", label: "a step", sides }]);
    expect(page).toContain("**A processor; computed with 2 threads; 2026-01-02**");
    expect(page).toContain("| benchmark | program | head and loss | attention | all | GFLOPS of the products |");
    expect(page).toContain("| `gpt2-step`, a step | lowrank on native | 0.0 | 20.4 | 30 | 212 |");
    expect(page).toContain("| `gpt2-step`, a step | PEFT | 9.0 | 31.0 | 40 | – |");
    expect(page).not.toContain("norms and activations");
  });

  it("have a table for each processor", () => {
    const other = { ...about, processor: "Another one", name: "roberta-step", label: "a step", sides };
    const section = sectionOf(pageOf([], [{ ...about, name: "gpt2-step", label: "a step", sides }, other]), "Where");
    const [, first, second] = section.split("\n**");
    expect(first).not.toContain("roberta-step");
    expect(second).toMatch(/^Another one; .*\n\n.*\n.*\n\| `roberta-step`, a step/);
  });

  it("are lists of phases if the work has no operations", () => {
    const phases = [{ label: "save: all", milliseconds: 51.26 }];
    const page = pageOf([], [{ ...about, name: "adapter-io", label: "parts", sides: [], phases }]);
    expect(page).toContain("| save: all | 51.3 |");
  });
});
