// Tests read workspace packages from source (export condition "lowrank-source"), so none needs a build.
import { configDefaults, defineConfig } from "vitest/config";

const conditions = ["lowrank-source", "node", "import", "module", "default"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: [
      "packages/*/src/**/*.test.ts",
      "apps/*/src/**/*.test.ts",
      "integration/src/**/*.test.ts",
      "benchmarks/src/**/*.test.ts",
      "fuzz/src/**/*.test.ts",
    ],
    exclude: [...configDefaults.exclude, "**/*.browser.test.ts"], // npm run test:browser has them
    testTimeout: 30_000,
    pool: "forks",
    execArgv: ["--conditions=lowrank-source"],
  },
});
