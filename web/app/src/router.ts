/** Addresses of the app. Whoever is not signed in comes back to the asked-for one afterwards. */
import { createRouter, createWebHistory, type RouteLocationNormalized, type RouteRecordRaw } from "vue-router";

import { parlor } from "./sdk";

declare module "vue-router" {
  interface RouteMeta {
    /** Needs nobody to be signed in. */
    open?: boolean;
    /** Which pane a phone shows. */
    pane?: "list" | "stage";
    /** The bottom bar stays on a phone although the stage is shown. */
    bar?: boolean;
  }
}

const ConversationList = () => import("./list/ConversationList.vue");
const Contacts = () => import("./people/Contacts.vue");
const EmptyStage = () => import("./shell/EmptyStage.vue");

function settings(path: string, page: () => Promise<unknown>): RouteRecordRaw {
  const name = path.replace("/", "-");
  return { path, name, components: { list: ConversationList, default: page as never }, meta: { pane: "stage", bar: true } };
}

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: "/sign-in", name: "sign-in", component: () => import("./auth/SignIn.vue"), meta: { open: true } },
    { path: "/setup/:token", name: "set-up", component: () => import("./auth/SetUp.vue"), meta: { open: true } },
    {
      path: "/",
      component: () => import("./shell/Shell.vue"),
      children: [
        { path: "", name: "chats", components: { list: ConversationList, default: EmptyStage }, meta: { pane: "list" } },
        {
          path: "c/:conversation/:panel(details|members|settings|permissions|links|requests)?",
          name: "conversation",
          components: { list: ConversationList, default: () => import("./chat/Chat.vue") },
          meta: { pane: "stage" },
        },
        {
          path: "join/:code",
          alias: "g/:code",
          name: "join",
          components: { list: ConversationList, default: () => import("./group/JoinPage.vue") },
          meta: { pane: "stage" },
        },
        {
          path: "contacts",
          name: "contacts",
          components: { list: Contacts, default: EmptyStage },
          meta: { pane: "list" },
        },
        {
          path: "contacts/requests",
          name: "requests",
          components: { list: Contacts, default: () => import("./people/Requests.vue") },
          meta: { pane: "stage", bar: true },
        },
        {
          path: "contacts/blocked",
          name: "blocked",
          components: { list: Contacts, default: () => import("./people/Blocked.vue") },
          meta: { pane: "stage", bar: true },
        },
        {
          path: "u/:user",
          name: "person",
          components: { list: Contacts, default: () => import("./people/PersonPage.vue") },
          meta: { pane: "stage", bar: true },
        },
        {
          path: "rooms",
          name: "rooms",
          components: { list: ConversationList, default: () => import("./room/RoomsPage.vue") },
          meta: { pane: "stage", bar: true },
        },
        {
          path: "room/:room",
          name: "room",
          components: { list: ConversationList, default: () => import("./room/RoomPage.vue") },
          meta: { pane: "stage" },
        },
        settings("settings", () => import("./settings/Settings.vue")),
        settings("settings/profile", () => import("./settings/ProfilePage.vue")),
        settings("settings/privacy", () => import("./settings/PrivacyPage.vue")),
        settings("settings/password", () => import("./settings/PasswordPage.vue")),
        settings("settings/devices", () => import("./settings/DevicesPage.vue")),
        {
          path: "call/:call",
          name: "call",
          components: { list: ConversationList, default: () => import("./call/CallLink.vue") },
          meta: { pane: "stage" },
        },
        {
          path: ":missing(.*)*",
          name: "missing",
          components: { list: ConversationList, default: () => import("./shell/Missing.vue") },
          meta: { pane: "stage", bar: true },
        },
      ],
    },
  ],
});

router.beforeEach((to) => {
  const status = parlor.session.get().status;
  if (status !== "signed_in" && !to.meta.open) return { name: "sign-in", query: askedFor(to) };
  if (status === "signed_in" && to.name === "sign-in") return afterSignIn(to);
  return true;
});

function askedFor(to: RouteLocationNormalized): Record<string, string> {
  return to.fullPath === "/" ? {} : { next: to.fullPath };
}

/** Where to go once somebody is signed in: only ever an address of this app. */
export function afterSignIn(from: RouteLocationNormalized): string {
  const next = from.query["next"];
  return typeof next === "string" && /^\/(?![/\\])/.test(next) ? next : "/";
}
