# Runs the DMN TCK with TOOL (baton-conformance) and fails if a case fails; CSV gets the result.
if(NOT DEFINED ENV{BATON_CONFORMANCE} OR NOT EXISTS $ENV{BATON_CONFORMANCE})
  message("BATON_CONFORMANCE is not set: the DMN TCK is skipped")
  return()
endif()
execute_process(COMMAND ${TOOL} dmn-tck $ENV{BATON_CONFORMANCE}/dmn-tck --csv ${CSV} RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "cases of the DMN TCK failed")
endif()
