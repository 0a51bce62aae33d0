import type { Environment } from "./environment";
import type { Stop } from "./observable";

/** Tell when the way to the network may have changed, and when somebody looks at the page again. */
export function onWaking(environment: Environment, changed: () => void, shown: () => void): Stop {
  const { page, network } = environment;
  const looked = (): void => {
    if (environment.visible()) shown();
  };
  const wanted: [EventTarget | null, string, () => void][] = [
    [page, "online", changed],
    [page, "offline", changed],
    [page, "visibilitychange", looked],
    [network, "change", changed],
  ];
  for (const [target, name, listener] of wanted) target?.addEventListener(name, listener);
  return () => {
    for (const [target, name, listener] of wanted) target?.removeEventListener(name, listener);
  };
}
