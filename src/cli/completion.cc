// Completion scripts for shells, made from the command line's own description.
#include <cstdio>
#include <map>

#include "cli/commands.h"

namespace baton::cli {

namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

/// What may follow each command: its subcommands and options. The empty command is `baton` itself.
std::map<std::string, std::vector<std::string>> followers(const std::vector<CompletionWord>& words) {
  std::map<std::string, std::vector<std::string>> out;
  for (const CompletionWord& word : words) {
    const std::size_t blank = word.command.rfind(' ');
    const std::string parent = blank == std::string::npos ? std::string() : word.command.substr(0, blank);
    out[parent].push_back(word.command.substr(blank == std::string::npos ? 0 : blank + 1));
    auto& own = out[word.command];
    own.insert(own.end(), word.options.begin(), word.options.end());
  }
  return out;
}

std::string bash(const std::vector<CompletionWord>& words) {
  std::string out =
      "_baton() {\n  local cur=${COMP_WORDS[COMP_CWORD]} path= i\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n    case \"$path ${COMP_WORDS[i]}\" in\n";
  for (const CompletionWord& word : words) out += "      ' " + word.command + "') path=' " + word.command + "' ;;\n";
  out += "    esac\n  done\n  local words=\n  case \"$path\" in\n";
  for (const auto& [command, following] : followers(words)) {
    out += "    '" + (command.empty() ? "" : " " + command) + "') words='" + joined(following) + "' ;;\n";
  }
  return out +
         "  esac\n  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
         "  [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- \"$cur\"))\n}\ncomplete -o filenames -F _baton "
         "baton\n";
}

std::string fish(const std::vector<CompletionWord>& words) {
  std::string out;
  for (const CompletionWord& word : words) {
    const std::size_t blank = word.command.rfind(' ');
    const std::string name = word.command.substr(blank == std::string::npos ? 0 : blank + 1);
    const std::string condition = blank == std::string::npos
                                      ? std::string("__fish_use_subcommand")
                                      : "'__fish_seen_subcommand_from " + word.command.substr(0, blank) + "'";
    std::string help = word.help;
    for (char& c : help) c = c == '\'' ? ' ' : c;
    out += "complete -c baton -n " + condition + " -a " + name + " -d '" + help + "'\n";
    for (const std::string& option : word.options) {
      if (option.starts_with("--")) {
        out += "complete -c baton -n '__fish_seen_subcommand_from " + name + "' -l " + option.substr(2) + "\n";
      }
    }
  }
  return out;
}

}  // namespace

int completion(const std::string& shell, const std::vector<CompletionWord>& words) {
  if (shell == "bash") {
    std::printf("%s", bash(words).c_str());
  } else if (shell == "zsh") {
    std::printf("#compdef baton\nautoload -U +X bashcompinit && bashcompinit\n%s", bash(words).c_str());
  } else if (shell == "fish") {
    std::printf("%s", fish(words).c_str());
  } else {
    return report({Code::kInvalidArgument, "'" + shell + "' is not a known shell: bash, zsh or fish"}, false) + 1;
  }
  return 0;
}

}  // namespace baton::cli
