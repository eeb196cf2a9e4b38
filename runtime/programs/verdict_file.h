/* The files of verdict.h: their names, and how they are read and replaced. */
#ifndef CLNORM_PROGRAMS_VERDICT_FILE_H
#define CLNORM_PROGRAMS_VERDICT_FILE_H

#include "programs/verdict_record.h"

enum { VERDICT_NAME_SIZE = 96 /* of a file */ };

/* What the name of a file says. Of a verdict there is the key only. */
typedef struct verdict_file_name {
    bool marker;
    cache_key key;
    unsigned char token[VERDICT_TOKEN_SIZE];
    unsigned number;
} verdict_file_name;

void verdict_file_print_name(const verdict_file_name *parts, char name[VERDICT_NAME_SIZE]);

/* False: no file of this kind. */
bool verdict_file_parse_name(const char *name, verdict_file_name *parts);

/* Opens a regular file of this user's own; removes a link or a pipe. -1 and errno if there is none. */
int verdict_file_open(int directory, const verdict_file_name *name, int flags);

/* False if the record is not whole, or not the one of this name. */
bool verdict_file_read(int file, const verdict_file_name *name, verdict_record *record);
bool verdict_file_write(int file, const verdict_record *record);

/* The verdict under `key`, if it counts: whole, of this version, not over. */
bool verdict_file_load(int directory, const cache_key *key, verdict_record *record);

/* Puts a verdict in place of the one there is. False and errno when it fails. */
bool verdict_file_store(int directory, const verdict_record *record);

void verdict_file_remove(int directory, const verdict_file_name *name, const char *why);

#endif
