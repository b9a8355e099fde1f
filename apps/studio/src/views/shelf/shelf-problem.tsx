// What did not work, beside the field that it is about.

import type { ShelfFailure } from "../../state/shelf.ts";
import { useStudio } from "../page/use-studio.ts";

export function ShelfProblem({ at }: Pick<ShelfFailure, "at">) {
  const { shelf, text } = useStudio();
  const { value: failure } = shelf.failure;
  if (failure?.at !== at) return null;
  return (
    <p class="problem" role="alert">
      {text.value.shelf.failures[failure.code ?? ""] ?? failure.message}
    </p>
  );
}
