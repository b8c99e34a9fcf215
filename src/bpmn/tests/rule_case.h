// A rule of validation with one model that it refuses and one that it accepts.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "bpmn/tests/violations.h"

namespace baton::bpmn::testing {

struct RuleCase {
  const char* name;
  const char* rule;
  const char* element_id;
  const char* message;  // part of it
  std::string refused;
  std::string accepted;
};

inline void check_rule(const RuleCase& test) {
  const auto violations = violations_of(test.refused);
  ASSERT_EQ(violations.size(), 1U) << shown(violations);
  EXPECT_EQ(violations[0].rule, test.rule);
  EXPECT_EQ(violations[0].element_id, test.element_id);
  EXPECT_THAT(violations[0].message, ::testing::HasSubstr(test.message));
  EXPECT_GT(violations[0].line, 1);
  const auto accepted = violations_of(test.accepted);
  EXPECT_TRUE(accepted.empty()) << shown(accepted);
}

inline std::string rule_name(const ::testing::TestParamInfo<RuleCase>& test) {
  return test.param.name;
}

}  // namespace baton::bpmn::testing
