import { describe, expect, it } from "vitest";

import type { MessageSearch, MessageSearchResult, User } from "../src/protocol";
import { Search } from "../src/search";

const ANN = { id: "7", name: "ann", display_name: "Ann" } as User;
const HIT = { event: { conversation_id: "1", seq: 3, sender: "7" }, marks: [], state: null } as unknown as MessageSearchResult["hits"][number];

function searching(pages: readonly MessageSearchResult[]) {
  const asked: MessageSearch[] = [];
  const known: User[] = [];
  const answers = [...pages];
  const ask = async (_: string, params: MessageSearch) => {
    asked.push(params);
    return answers.shift() ?? { hits: [], users: [], cursor: "more" };
  };
  const search = new Search(ask as never, { takeUsers: (users) => known.push(...users) });
  return { search, asked, known };
}

describe("search", () => {
  it("knows by name who said what it found", async () => {
    const { search, known } = searching([{ hits: [HIT], users: [ANN], cursor: "" }]);
    expect((await search.messages({ text: "x" })).hits).toEqual([HIT]);
    expect(known).toEqual([ANN]);
  });

  it("asks on behind pages without hits, with everything else as it was", async () => {
    const { search, asked } = searching([
      { hits: [], users: [], cursor: "a" },
      { hits: [HIT], users: [], cursor: "b" },
    ]);
    expect(await search.messages({ text: "x", sender: "7" })).toMatchObject({ hits: [HIT], cursor: "b" });
    expect(asked).toEqual([
      { text: "x", sender: "7" },
      { text: "x", sender: "7", cursor: "a" },
    ]);
  });

  it("gives up for now after a few of them and says where to go on", async () => {
    const { search, asked } = searching([]);
    expect(await search.messages({ text: "x" })).toMatchObject({ hits: [], cursor: "more" });
    expect(asked).toHaveLength(5);
  });
});
