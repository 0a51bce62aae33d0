/** Looking for messages on the server: what is only kept there is found, too. */
import { PATIENT, type Ask } from "./ask";
import type { MessageSearch, MessageSearchResult } from "./protocol";
import type { Store } from "./store";

/** Pages without a hit that are asked for at once, before the caller is told of nothing. */
const EMPTY_PAGES = 5;

export class Search {
  constructor(
    private readonly ask: Ask,
    private readonly store: Pick<Store, "takeUsers">,
  ) {}

  /**
   * Newest first; `cursor` of the last page goes on. A page without hits that has a cursor says that
   * much was looked through and there may still be some. Needs a link.
   */
  async messages(wanted: MessageSearch): Promise<MessageSearchResult> {
    let page = await this.ask("message.search", wanted, PATIENT);
    for (let asked = 1; page.hits.length === 0 && page.cursor && asked < EMPTY_PAGES; asked++) {
      page = await this.ask("message.search", { ...wanted, cursor: page.cursor }, PATIENT);
    }
    this.store.takeUsers(page.users);
    return page;
  }
}
