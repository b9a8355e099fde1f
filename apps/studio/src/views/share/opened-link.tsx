// What came of an address that carried rows: a line above the page.

import { useStudio } from "../page/use-studio.ts";

export function OpenedLink() {
  const { text, share: state } = useStudio();
  const { share } = text.value;
  const { opened, problem } = state;
  if (problem.value !== undefined) {
    return (
      <p class="failure" role="alert">
        {share.problems[problem.value]}{" "}
        <button type="button" onClick={() => state.dismiss()}>
          {share.keep}
        </button>
      </p>
    );
  }
  if (opened.value === undefined) return null;
  return (
    <p class="opened" role="status">
      {share.opened(opened.value)}{" "}
      <button type="button" onClick={() => state.undo()}>
        {share.undo}
      </button>
      <button type="button" onClick={() => state.dismiss()}>
        {share.keep}
      </button>
    </p>
  );
}
