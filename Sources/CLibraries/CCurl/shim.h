// What Swift needs of libcurl and of the kernel beside it. The inline functions stand in for variadic ones, which Swift cannot
// call.
#pragma once
#include <curl/curl.h>
#include <sys/prctl.h>

// Options that take a long.
static inline CURLcode kc_curl_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

// Options that take a curl_off_t.
static inline CURLcode kc_curl_set_offset(CURL *easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}

// Options that take a text, which is copied.
static inline CURLcode kc_curl_set_text(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}

// The body of a request, copied. CURLOPT_POSTFIELDSIZE_LARGE is to be set before.
static inline CURLcode kc_curl_set_body(CURL *easy, const void *bytes) {
    return curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, (const char *)bytes);
}

// Header lines, which must live as long as the transfer.
static inline CURLcode kc_curl_set_headers(CURL *easy, struct curl_slist *lines) {
    return curl_easy_setopt(easy, CURLOPT_HTTPHEADER, lines);
}

// Where the reason of a failure is written: CURL_ERROR_SIZE bytes that live as long as the transfer.
static inline CURLcode kc_curl_set_reason(CURL *easy, char *room) {
    return curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, room);
}

// What takes the body of the answer.
static inline CURLcode kc_curl_set_receiver(
    CURL *easy, size_t (*receive)(char *bytes, size_t size, size_t count, void *context), void *context) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, receive);
    return code ? code : curl_easy_setopt(easy, CURLOPT_WRITEDATA, context);
}

// Status of the answer; 0 where there is none.
static inline long kc_curl_status(CURL *easy) {
    long status = 0;
    return curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status) ? 0 : status;
}

// Content type of the answer, which lives as long as the handle; NULL where there is none.
static inline const char *kc_curl_content_type(CURL *easy) {
    char *type = NULL;
    return curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type) ? NULL : type;
}

// Options of a multi handle that take a long.
static inline CURLMcode kc_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

// The next transfer that has ended, with its outcome; NULL where there is none.
static inline CURL *kc_curl_next_ended(CURLM *multi, CURLcode *code) {
    for (;;) {
        int left = 0;
        CURLMsg *message = curl_multi_info_read(multi, &left);
        if (!message) return NULL;
        if (message->msg != CURLMSG_DONE) continue;
        *code = message->data.result;
        return message->easy_handle;
    }
}

// Names the calling thread; at most 15 bytes.
static inline void kc_curl_name_thread(const char *name) {
    prctl(PR_SET_NAME, name, 0, 0, 0);
}
