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
  const UserRow* row = context.x.view.user(username);
  if (row == nullptr) return nullptr;
  return authorize(context.command.principal, context.command.tenant, row->tenant.text()) ? row : nullptr;
}

/// All of them are kept in memory, here and in the gateway.
constexpr std::size_t kMostIdentities = 4000;

Outcome check_room(std::size_t present, std::string_view what) {
  if (present < kMostIdentities) return {};
  return failf(Code::kFailedPrecondition, "Expected at most {} {}: remove what is not used any more", kMostIdentities,
               what);
}

}  // namespace

IdentityChanged identity_of(const UserRow& row, bool deleted) {
  return {IdentityChanged::Kind::kUser,   deleted,  Key(0),   std::string(row.username.text()), row.password.text,
          std::string(row.tenant.text()), row.name, row.email};
}

IdentityChanged identity_of(const TokenRow& row, bool deleted) {
  return {IdentityChanged::Kind::kToken,  deleted, row.key, row.client, row.digest.text,
          std::string(row.tenant.text()), {},      {}};
}

Outcome handle(CommandContext& context, const PutUser& command) {
  const StateView& view = context.x.view;
  const bool update = command.mode == PutUser::Mode::kUpdate;
  BATON_TRY(check_permission(context, update ? "UPDATE" : "CREATE", "USER"));
  if (command.mode == PutUser::Mode::kFirst && !view.users().empty()) {
    return fail(Code::kPermissionDenied, "Expected to create the first user, but there is a user already");
  }
  UserPut event{Key(view.counters().next_block),
                context.x.symbols.intern(command.username),
                command.name,
                command.email,
                {command.password}};
  if (update) {
    const UserRow* row = find_user(context, command.username);
    if (row == nullptr) {
      return failf(Code::kNotFound,
                   "Expected to update user with username '{}', but a user with this username does not exist",
                   command.username);
    }
    event.key = row->key;
    if (event.password.text.empty()) event.password = row->password;
  } else if (view.user(command.username) != nullptr) {
    return failf(Code::kAlreadyExists,
                 "Expected to create user with username '{}', but a user with this username already exists",
                 command.username);
  } else {
    BATON_TRY(check_room(view.users().size(), "users"));
  }
  context.x.events.append(event);
  context.x.effects.emplace_back(identity_of(*view.user(event.key), false));
  context.reply(UserReply{command.username, event.name, event.email});
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
  context.x.events.append(UserDeleted{row->key});
  context.reply(EmptyReply{});
  return {};
}

Outcome handle(CommandContext& context, const CreateToken& command) {
  const StateView& view = context.x.view;
  BATON_TRY(check_permission(context, "CREATE", "TOKEN"));
  BATON_TRY(check_room(view.tokens().size(), "API tokens"));
  const Key key(view.counters().next_block);
  context.x.events.append(
      TokenCreated{key, command.client, context.x.symbols.intern(context.command.tenant), {command.digest}});
  context.x.effects.emplace_back(identity_of(*view.token(key), false));
  context.reply(TokenReply{key, context.command.tenant});
  return {};
}

Outcome handle(CommandContext& context, const DeleteToken& command) {
  BATON_TRY(check_permission(context, "DELETE", "TOKEN"));
  const TokenRow* row = context.x.view.token(command.token);
  if (row == nullptr || !authorize(context.command.principal, context.command.tenant, row->tenant.text())) {
    return failf(Code::kNotFound, "Expected to delete token with key '{}', but no such token was found",
                 shown(command.token));
  }
  context.x.effects.emplace_back(identity_of(*row, true));
  context.x.events.append(TokenDeleted{command.token});
  context.reply(EmptyReply{});
  return {};
}

}  // namespace baton::engine
