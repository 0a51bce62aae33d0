/** Roles and permissions of a group, as the server decides them: a page shows nothing that would be refused. Pure. */
import type { ConversationView, GroupSettings, Permission, Role } from "@parlor/sdk";

export const ROLES: readonly Role[] = ["member", "administrator", "owner"];

/** Who has a permission where a group says nothing else. The same table as the server's. */
export const LEAST_ROLE: Readonly<Record<Permission, Role>> = {
  send: "member",
  invite: "member",
  see_members: "member",
  mention_all: "administrator",
  pin: "administrator",
  recall_others: "administrator",
  edit_info: "administrator",
  remove_members: "administrator",
  mute: "administrator",
  manage_links: "administrator",
};

export const PERMISSIONS = Object.keys(LEAST_ROLE) as readonly Permission[];

export function atLeast(role: Role, least: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(least);
}

export function leastRole(settings: GroupSettings, permission: Permission): Role {
  return settings.permissions?.[permission] ?? LEAST_ROLE[permission];
}

/** Settings are the administrators' to change, roles and permissions the owner's. */
export function runs(conversation: Pick<ConversationView, "kind" | "dissolved" | "role">, least: "administrator" | "owner" = "administrator"): boolean {
  return conversation.kind === "group" && !conversation.dissolved && atLeast(conversation.role, least);
}

/** Whether `role` may act on somebody of `other`: members are anybody's, administrators the owner's. */
export function isOver(role: Role, other: Role): boolean {
  return other === "member" || (other === "administrator" && role === "owner");
}
