// Users and API tokens. The engine keeps them like everything else, so that they are durable, replayed and in every
// copy of the state; hashing is done before, because it needs random numbers and time.
#include "engine/authorize.h"
#include "engine/commands/handler.h"
#include "engine/identity.h"

namespace baton::engine {

namespace {

Outcome check_permission(const CommandContext& context, std::string_view operation, std::string_view resource) {
  if (may_manage_identities(context.command.principal)) return {};
  return failf(Code::kPermissionDenied, "Insufficient permissions to perform operation '{}' on resource '{}'",
               operation, resource);
}

/// A user of the caller's tenant.
const UserRow* find_user(const CommandContext& context, const std::string& username) {
  const auto& users = context.x.view.users();
  const auto it = users.find(username);
  if (it == users.end()) return nullptr;
  return authorize(context.command.principal, context.command.tenant, it->second.tenant.text()) ? &it->second : nullptr;
}

}  // namespace

IdentityChanged identity_of(const UserRow& row, bool deleted) {
  return {IdentityChanged::Kind::kUser,   deleted,  Key(0),   row.username, row.password.text,
          std::string(row.tenant.text()), row.name, row.email};
}

IdentityChanged identity_of(const TokenRow& row, bool deleted) {
  return {IdentityChanged::Kind::kToken,  deleted, row.key, row.client, row.digest.text,
          std::string(row.tenant.text()), {},      {}};
}

Outcome handle(CommandContext& context, const PutUser& command) {
  const auto& users = context.x.view.users();
  const bool update = command.mode == PutUser::Mode::kUpdate;
  BATON_TRY(check_permission(context, update ? "UPDATE" : "CREATE", "USER"));
  if (command.mode == PutUser::Mode::kFirst && !users.empty()) {
    return fail(Code::kPermissionDenied, "Expected to create the first user, but there is a user already");
  }
  UserPut event{command.username, command.name, command.email, {command.password}};
  if (update) {
    const UserRow* row = find_user(context, command.username);
    if (row == nullptr) {
      return failf(Code::kNotFound,
                   "Expected to update user with username '{}', but a user with this username does not exist",
                   command.username);
    }
    if (event.password.text.empty()) event.password = row->password;
  } else if (users.contains(command.username)) {
    return failf(Code::kAlreadyExists,
                 "Expected to create user with username '{}', but a user with this username already exists",
                 command.username);
  }
  context.x.events.append(event);
  context.x.effects.emplace_back(identity_of(users.at(command.username), false));
  context.reply(UserReply{event.username, event.name, event.email});
  return {};
}

Outcome handle(CommandContext& context, const DeleteUser& command) {
  BATON_TRY(check_permission(context, "DELETE", "USER"));
  const UserRow* row = find_user(context, command.username);
  if (row == nullptr) {
    return failf(Code::kNotFound,
                 "Expected to delete user with username '{}', but a user with this username does not exist",
                 command.username);
  }
  if (context.x.view.users().size() == 1) {
    return failf(Code::kFailedPrecondition,
                 "Expected to delete user with username '{}', but it is the only user: nobody could sign in any more",
                 command.username);
  }
  context.x.effects.emplace_back(identity_of(*row, true));
  context.x.events.append(UserDeleted{command.username});
  context.reply(EmptyReply{});
  return {};
}

Outcome handle(CommandContext& context, const CreateToken& command) {
  BATON_TRY(check_permission(context, "CREATE", "TOKEN"));
  const Key key(context.x.view.counters().next_block);
  context.x.events.append(
      TokenCreated{key, command.client, context.x.symbols.intern(context.command.tenant), {command.digest}});
  context.x.effects.emplace_back(identity_of(context.x.view.tokens().at(key.value()), false));
  context.reply(TokenReply{key, context.command.tenant});
  return {};
}

Outcome handle(CommandContext& context, const DeleteToken& command) {
  BATON_TRY(check_permission(context, "DELETE", "TOKEN"));
  const auto& tokens = context.x.view.tokens();
  const auto it = tokens.find(command.token.value());
  if (it == tokens.end() || !authorize(context.command.principal, context.command.tenant, it->second.tenant.text())) {
    return failf(Code::kNotFound, "Expected to delete token with key '{}', but no such token was found",
                 shown(command.token));
  }
  context.x.effects.emplace_back(identity_of(it->second, true));
  context.x.events.append(TokenDeleted{command.token});
  context.reply(EmptyReply{});
  return {};
}

}  // namespace baton::engine
